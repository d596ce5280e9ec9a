-- lease - a worker gets its next tasks: what pop and finish share, after crew
--
-- KEYS[1]  ft:{RUN}:meta, and queue, leases, workers, task:ID, held:INSTANCE,
--          bell:INSTANCE of those that are chosen

local function lost_attempt(n, worker, slot, started, finished)
	return '{"attempt":' .. n .. ',"worker":' .. cjson.encode(worker) ..
		(slot and ',"slot":' .. slot or '') ..
		',"result":"error","reason":"lost"' ..
		(started and ',"started_ms":' .. started or '') ..
		',"finished_ms":' .. finished .. '}'
end

-- Lease a waiting task t to an instance: its token. The nonce makes it one that
-- never repeats. What t holds is what its note tells.
local function lease(id, score, t, instance, worker, lease_ms, nonce)
	local key = task_key(id)

	-- by the clock: it grows even if the server lost the last one
	set_meta('fence', math.max((meta.fence or 0) + 1, now))
	local token = int(meta.fence) .. '-' .. nonce
	if t.silent_ms then
		t.attempts = append(key, 'attempts', t.attempts, lost_attempt(
			t.leases, t.worker, t.slot, t.started_ms, t.silent_ms))
	end
	redis.call('ZREM', QUEUE, id)
	redis.call('ZADD', LEASES, int(now + lease_ms), id)
	if t.leases then
		redis.call('HDEL', key, 'silent_ms', 'spared', 'slot',
			'started_ms', 'avoid', 'avoid_ms', 'reason', 'batch',
			'due_ms')
	end
	t.leases, t.lease_ms = int((t.leases or 0) + 1), int(lease_ms)
	local set = {'lease', token, 'lease_ms', t.lease_ms, 'leases',
		t.leases, 'worker', worker, 'score', score, 'since_ms', stamp}
	if t.batch then
		set[#set + 1] = 'batch'
		set[#set + 1] = t.batch
	end
	if t.due_ms then
		set[#set + 1] = 'due_ms'
		set[#set + 1] = t.due_ms
	end
	redis.call('HSET', key, unpack(set))
	redis.call('SADD', held_key(instance), id .. '#' .. token)
	keep(key)
	return token
end

-- Lease the next task, and those that share its start, to an instance that has
-- a free slot: their notes, or nil and how long to wait. The tokens of a batch
-- have one nonce, by which slots_used tells that it fills one slot. Where an
-- attempt has just ended in the slot, ended is what the instance held. A start
-- that is shared begins with the first task, and is no step to fall into.
--
-- Where no slot is free, a task comes early or not at all: one that should last
-- no longer than early ms, lest it wait while other slots start shorter ones;
-- and a new one, lest what was lost with one killer is lost with the next.
local function lease_next(instance, me, lease_ms, nonce, ended, early)
	local id, score, t = choose(me.worker, lease_ms,
		ended and me.share < 2)
	local all, notes, due = nil, {}, now

	if not id then
		return nil, score
	end
	if early and (t.leases or (expected_ms(score) or 0) > early) then
		return nil
	end
	if not t.record then
		-- it has outlived its time: nothing to run
		redis.call('ZREM', QUEUE, id)
		verdict(id, 'error', 'lost', '{"id":' .. cjson.encode(id) ..
			'}')
		return nil, 1
	end
	if not meta.started_ms then
		set_meta('started_ms', now)
	end
	if lease_ms < (meta.lease_ms or lease_ms + 1) then
		set_meta('lease_ms', lease_ms)
	end
	all = crew(id, score, t, me.share, lease_ms)
	for i, one in ipairs(all) do
		local its = i == 1 and t or waiting(one[1])
		due = due + (expected_ms(one[2]) or 0)
		its.due_ms = me.share > 1 and int(due)
		its.batch = #all > 1 and nonce
		notes[i] = task_note(lease(one[1], one[2], its, instance,
			me.worker, lease_ms, nonce), one[1], its,
			i == 1 and ended)
	end
	keep(LEASES)
	keep(held_key(instance))
	return table.concat(notes, NEXT_NOTE)
end

-- The slots that an instance uses: a batch uses one.
local function slots_used(instance, me)
	local count, seen = redis.call('SCARD', held_key(instance)), {}

	if me.share < 2 or count < me.slots then
		return count
	end
	count = 0
	for _, member in ipairs(redis.call('SMEMBERS', held_key(instance))) do
		local nonce = string.match(member, '^.*#%d+%-(.*)$')
		count = count + (seen[nonce] and 0 or 1)
		seen[nonce] = true
	end
	return count
end
