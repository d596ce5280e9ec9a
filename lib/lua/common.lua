-- common - what the operations on a run share; each begins with it
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

-- Wake every idle popper: the stream's newest ID is the generation.
local function ring()
	redis.call('XADD', BELL, 'MAXLEN', 1, '*', 'rung', stamp)
	keep(BELL)
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

-- Fields of a task, by their names.
local function fields(id, ...)
	local t, names = {}, {...}
	local values = redis.call('HMGET', task_key(id), ...)

	for i = 1, #names do
		t[names[i]] = values[i] or nil
	end
	return t
end
