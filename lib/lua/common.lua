-- common - what the operations on a run share; each script begins with it
--
-- KEYS[1]  ft:{RUN}:meta. The run's other keys are made from its prefix, so
--          they lie in its slot.
--
-- Fields of meta: run, state, created_ms, started_ms, finished_ms,
-- max_failures, takeovers, fence, heard_ms, lease_ms (the shortest handed
-- out), silence_ms and spoke_ms (the last long silence: its length and its
-- end), recent and other_ms (the worker heard last, and when another was), a
-- counter of every result, retried, lost, late, handed_back, busy_ms, announced
-- and over (a cancelled run's last lease has ended, or is void), and
-- push:PUSHER.N, the answers to a pusher's last batches.
--
-- Fields of task:ID: record, retries, share (the tasks with which it may share
-- a start); from the first lease on batch (the nonce of those leased together
-- for one slot, if any), due_ms (when it should end), lease (the holder's
-- token), leases, lease_ms, worker, score, since_ms, started_ms and slot (told
-- by the first beat); silent_ms (when the lease was taken back),
-- spared (its deadline was moved since the holder spoke last), lost, failures,
-- avoid and avoid_ms (the worker that failed or lost it, and until when it
-- waits for another), attempts and late (JSON objects, joined by commas),
-- ended and ended_as (the token reported last, and what became of the task);
-- at the verdict result, reason and ended_ms.
local META = KEYS[1]
local PREFIX = string.sub(META, 1, -5)
local QUEUE = PREFIX .. 'queue'
local LEASES = PREFIX .. 'leases'
local DONE = PREFIX .. 'done'
local IDS = PREFIX .. 'ids'
local PARTS = PREFIX .. 'parts'
local WORKERS = PREFIX .. 'workers'
local BELL = PREFIX .. 'bell'

local TTL_S = '604800'      -- a week
local WORN_S = TTL_S - 600  -- what is left when work renews it
local TAKE_BACK_MAX = '100' -- expired leases taken back by one call
local AVOID_MS = 1000       -- how long a retry waits for another worker
local BELL_MAX = 64         -- notes at which stops are not repeated
local BELL_KEPT = 1024      -- notes kept for an instance that does not read
local LATE_MAX = 4096       -- bytes of late results kept of a task

-- A number that is given to a command is printed as a double, which costs as
-- much as a small command: where it is frequent, a whole one is made a text.
local function int(number)
	return string.format('%d', number)
end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local stamp = int(now)

-- A key lives for a week after the last work on it, or ten minutes less: to
-- look costs a tenth of a renewal, which is also a line of the log.
local function worn(key)
	local left = redis.call('TTL', key)

	return left == -1 or left >= 0 and left < WORN_S
end

local function renew(key)
	redis.call('EXPIRE', key, TTL_S)
end

-- What the run shares is renewed together with meta, by settle; so only who may
-- have made such a key has to keep it.
local function keep(key)
	if worn(key) then
		renew(key)
	end
end

-- Fields of meta: those that nearly every operation needs, and any other when
-- it is asked for.
local texts = {run = true, state = true, recent = true} -- no numbers
local meta, changed = {}, {}

local function get_meta(...)
	local names, values = {...}, redis.call('HMGET', META, ...)

	for i = 1, #names do
		local name, value = names[i], values[i]
		meta[name] = value and not texts[name] and tonumber(value) or
			value
	end
end

get_meta('state', 'over', 'started_ms', 'heard_ms', 'recent', 'lease_ms',
	'fence', 'passed', 'busy_ms', 'max_failures')
setmetatable(meta, {__index = function(_, name)
	get_meta(name)
	return rawget(meta, name)
end})

local function set_meta(name, value)
	meta[name], changed[name] = value, value
end

local function count(name, n)
	set_meta(name, (meta[name] or 0) + n)
end

-- The last step of every script that works on the run: what has changed in meta
-- is written at once, or not at all if a key of another type has stopped the
-- script before. Returns the answer that it is given.
local function settle(answer)
	local set = {}

	for name, value in pairs(changed) do
		set[#set + 1] = name
		set[#set + 1] = type(value) == 'number' and int(value) or value
	end
	if #set > 0 then
		redis.call('HSET', META, unpack(set))
	end
	if worn(META) then
		for _, key in ipairs({META, QUEUE, LEASES, DONE, IDS, PARTS,
			WORKERS, BELL}) do
			renew(key)
		end
	end
	return answer
end

-- Whoever held the last leases of a cancelled run has been silent for another
-- lease, and nobody may be left to take them back: it is over. From then on
-- they are void.
local over_known = meta.over -- and everybody woken
if meta.state == 'cancelled' and not meta.over then
	local last = redis.call('ZREVRANGE', LEASES, 0, 0, 'WITHSCORES')
	if last[2] and last[2] + (meta.lease_ms or 0) < now then
		meta.over = 1
	end
end

local function task_key(id)
	return PREFIX .. 'task:' .. id
end

local function held_key(instance)
	return PREFIX .. 'held:' .. instance
end

local function own_bell(instance)
	return PREFIX .. 'bell:' .. instance
end

-- Wake every idle popper: the stream's newest ID is the generation.
local function ring()
	redis.call('XADD', BELL, 'MAXLEN', 1, '*', 'rung', stamp)
	keep(BELL)
end

local function generation()
	local newest = redis.call('XREVRANGE', BELL, '+', '-', 'COUNT', 1)
	return newest[1] and newest[1][1] or '0-0'
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

-- Add a JSON object to a task's list of attempts or of late results: the list.
local function append(key, field, old, object, max)
	if old and max and #old > max then
		return old
	end
	local list = old and old .. ',' .. object or object
	redis.call('HSET', key, field, list)
	return list
end

-- The one place where a task gets its verdict; record is nil when nobody
-- reported one, token when no holder did. Past the failure budget the run takes
-- no more work.
local function verdict(id, result, reason, record, token)
	local key = task_key(id)
	local set = {'result', result, 'reason', reason, 'ended_ms', stamp}

	if token then
		set[7], set[8], set[9], set[10] = 'ended', token, 'ended_as',
			'complete'
	end
	if record then
		set[#set + 1] = 'record'
		set[#set + 1] = record
	end
	redis.call('HSET', key, unpack(set))
	redis.call('HDEL', key, 'lease', 'silent_ms', 'spared', 'avoid',
		'avoid_ms')
	keep(key)
	if redis.call('RPUSH', DONE, id) == 1 then
		renew(DONE)
	end
	count(result, 1)
	set_meta('finished_ms', now)
	if meta.max_failures and meta.state ~= 'finished' and
		(result == 'failed' or result == 'error') and
		(meta.failed or 0) + (meta.error or 0) >= meta.max_failures then
		set_meta('state', 'cancelled')
		ring()
	end
end

-- Whether the run is over; the call that finds it so wakes everybody.
local function over()
	if meta.state == 'finished' then
		return true
	end
	if not meta.over and redis.call('ZCARD', LEASES) > 0 then
		return false
	end
	if meta.state == 'cancelled' then
		if not over_known then
			over_known = 1
			set_meta('over', 1)
			ring()
		end
		return true
	end
	if meta.state ~= 'sealed' or redis.call('ZCARD', QUEUE) > 0 then
		return false
	end
	set_meta('state', 'finished')
	ring()
	return true
end

-- An expired lease whose silence was the server's gets its time anew, once:
-- a holder that is gone would else be spared at every long silence.
local function spared(lease_ms)
	if (meta.silence_ms or 0) > lease_ms / 2 and
		meta.spoke_ms + lease_ms > now then
		return meta.spoke_ms + lease_ms
	end
end

-- Whether a hand-over lies unread on the bell of its popper. It would be the
-- first note there, since finish makes none while another waits to be read.
local function unread(token)
	local instance = string.match(token or '', '^%d+%-(.*)%.%d+$')
	local first = instance and
		redis.call('LINDEX', own_bell(instance), 0) or ''

	return string.sub(first, 1, 5) == 'task\n' and
		string.find(first, 'task\n' .. token .. '\n', 1, true)
end

-- A worker has lost the task. Returns whether that was once too often: it may
-- be what kills its workers.
local function lose(id, worker, record, token)
	local key = task_key(id)

	redis.call('HSET', key, 'avoid', worker or '', 'avoid_ms',
		int(now + AVOID_MS))
	count('lost', 1)
	if redis.call('HINCRBY', key, 'lost', 1) < (meta.takeovers or 3) then
		return false
	end
	verdict(id, 'error', 'lost', record, token)
	return true
end

-- Take back expired leases. The holder stays the holder until somebody else
-- gets the task, and takes its loss back when it speaks before that. What was
-- handed to a popper that was gone already never reached a holder: the note
-- stays, so that nothing more is handed to it.
local function take_back()
	local ids = redis.call('ZRANGEBYSCORE', LEASES, '-inf', stamp,
		'LIMIT', '0', TAKE_BACK_MAX)
	local back = false

	if meta.over then
		return
	end
	for _, id in ipairs(ids) do
		local key = task_key(id)
		local t = redis.call('HMGET', key, 'lease_ms', 'score',
			'worker', 'started_ms', 'lease')
		local deadline = spared(tonumber(t[1]) or 0)

		if deadline and
			redis.call('HSETNX', key, 'spared', 1) == 1 then
			redis.call('ZADD', LEASES, int(deadline), id)
		elseif not t[4] and unread(t[5]) then
			redis.call('ZREM', LEASES, id)
			redis.call('HDEL', key, 'lease', 'worker')
			count('handed_back', 1)
			redis.call('ZADD', QUEUE, t[2] or 0, id)
			back = true
		else
			redis.call('ZREM', LEASES, id)
			redis.call('HSET', key, 'silent_ms', stamp)
			if not lose(id, t[3]) then
				redis.call('ZADD', QUEUE, t[2] or 0, id)
				back = true
			end
			keep(key)
		end
	end
	if back then
		keep(QUEUE)
		ring()
	end
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

-- Fields of a task, by their names.
local function fields(id, ...)
	local t, names = {}, {...}
	local values = redis.call('HMGET', task_key(id), ...)

	for i = 1, #names do
		t[names[i]] = values[i] or nil
	end
	return t
end

-- The notes of what an instance holds as its own above the fence that it saw
-- last: replies or notes were lost. If one of these is another's by now there
-- are none, and that is the second result: by telling of the rest the fence
-- would pass the one that is gone, which would fill a slot for ever. The next
-- pop forgets it.
local function undelivered(instance, seen, again)
	local notes, gone = {}, false

	for _, member in ipairs(redis.call('SMEMBERS', held_key(instance))) do
		local id, token, n = string.match(member, '^(.*)#((%d+)%-.*)$')
		local t = tonumber(n) > seen and fields(id, 'lease', 'spared',
			'silent_ms', 'leases', 'lease_ms', 'attempts', 'batch',
			'record')
		if t and t.lease == token and not meta.over then
			if again then
				speak_up(id, t.spared, t.silent_ms)
				redis.call('ZADD', LEASES,
					int(now + t.lease_ms), id)
				keep(LEASES)
			end
			notes[#notes + 1] = task_note(token, id, t)
		end
		gone = gone or t and t.lease ~= token
	end
	return gone and {} or notes, gone
end
