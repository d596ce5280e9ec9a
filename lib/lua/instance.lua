-- instance - a popper, its bell and what it holds, after common
--
-- KEYS[1]  ft:{RUN}:meta, and workers, held:INSTANCE, bell:INSTANCE, task:ID of
--          what it holds
local BELL_KEPT = 1024      -- notes kept for an instance that does not read
local NEXT_NOTE = '\f'      -- between the notes of tasks that come together

local function held_key(instance)
	return PREFIX .. 'held:' .. instance
end

local function own_bell(instance)
	return PREFIX .. 'bell:' .. instance
end

-- A worker speaks. When nobody has for half a lease, the silence was the
-- server's: it is noted, and spared() renews what expired meanwhile.
local function hear(worker)
	local half = (meta.lease_ms or 0) / 2

	if meta.heard_ms and half > 0 and now - meta.heard_ms > half then
		set_meta('silence_ms', now - meta.heard_ms)
		set_meta('spoke_ms', now)
	end
	if meta.recent ~= worker then
		if meta.heard_ms then
			set_meta('other_ms', meta.heard_ms)
		end
		set_meta('recent', worker)
	end
	set_meta('heard_ms', now)
end

-- The task's holder speaks although its lease was taken back: nobody else
-- has the task yet, so the loss did not happen.
local function speak_up(id, was_spared, silent_ms)
	local key = task_key(id)

	if was_spared then
		redis.call('HDEL', key, 'spared')
	end
	if silent_ms then
		redis.call('HDEL', key, 'silent_ms', 'avoid', 'avoid_ms')
		redis.call('ZREM', QUEUE, id)
		redis.call('HINCRBY', key, 'lost', -1)
		count('lost', -1)
	end
end

-- A note for a popper is lines: a word, then its fields.
local function note(...)
	return table.concat({...}, '\n')
end

-- t holds leases, lease_ms, attempts, batch and record of the task.
local function task_note(token, id, t, ended)
	return note('task', token, t.leases, t.lease_ms,
		'[' .. (t.attempts or '') .. ']', ended or '', t.batch or '',
		t.record)
end

-- What workers holds of an instance: "worker slots mode seen_ms done asked
-- share", where the mode is f (follows its bell), d (draining) or - (one task),
-- asked is the number of its last pop, and share how many tasks it takes for
-- one slot.
local function instance_of(name)
	local value = redis.call('HGET', WORKERS, name)
	local worker, slots, mode, _, done, asked, share = string.match(
		value or '', '^(%S+) (%d+) (%S) (%d+) (%d+) (%d+) (%d+)$')

	return worker and {worker = worker, slots = tonumber(slots),
		mode = mode, done = tonumber(done), asked = tonumber(asked),
		share = tonumber(share)}
end

local function set_instance(name, i)
	local text = string.format('%s %d %s %s %d %d %d', i.worker, i.slots,
		i.mode, stamp, i.done, i.asked, i.share)

	if redis.call('HSET', WORKERS, name, text) == 1 then
		keep(WORKERS)
	end
end

-- Leave a note on an instance's own bell.
local function tell(instance, text)
	local bell = own_bell(instance)
	local length = redis.call('RPUSH', bell, text)

	if length == 1 then
		renew(bell)
	elseif length > BELL_KEPT then
		redis.call('LTRIM', bell, -BELL_KEPT, -1)
	end
end

-- The run's state by which a record is read: over where leases are void.
local function view()
	return meta.over and 'over' or meta.state
end

-- The state of a task for an answer to somebody who does not hold it.
local function state_of(id)
	return redis.call('HGETALL', task_key(id))
end
