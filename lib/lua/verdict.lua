-- verdict - how a lease ends without its holder, and a task for good, after
-- instance
--
-- KEYS[1]  ft:{RUN}:meta, and queue, leases, done, task:ID of what is taken back
local TAKE_BACK_MAX = '100' -- expired leases taken back by one call
local AVOID_MS = 1000       -- how long a retry waits for another worker

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

-- An expired lease whose silence was the server's gets its time anew, once:
-- a holder that is gone would else be spared at every long silence.
local function spared(lease_ms)
	if (meta.silence_ms or 0) > lease_ms / 2 and
		meta.spoke_ms + lease_ms > now then
		return meta.spoke_ms + lease_ms
	end
end

-- The tokens of the hand-overs that lie unread on an instance's bell.
local function on_bell(instance)
	local tokens = {}

	for _, text in ipairs(redis.call('LRANGE', own_bell(instance), 0, -1)) do
		for token in string.gmatch(NEXT_NOTE .. text,
			NEXT_NOTE .. 'task\n([^\n]*)') do
			tokens[token] = true
		end
	end
	return tokens
end

-- Whether it was handed to a popper that has not read it. A bell is looked at
-- once: what expires together may have been handed over together.
local bells = {}

local function unread(token)
	local instance = string.match(token or '', '^%d+%-(.*)%.%d+$')

	if not instance then
		return false
	end
	bells[instance] = bells[instance] or on_bell(instance)
	return bells[instance][token]
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
