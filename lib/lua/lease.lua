-- lease - who gets which task: what pop and finish share, after common
--
-- KEYS[1]  ft:{RUN}:meta, and queue, leases, workers, task:ID, held:INSTANCE,
--          bell:INSTANCE of those that are chosen
local LOOK_AHEAD = 8        -- waiting tasks looked at for a retry's sake
local SHORT_MS = 5000       -- what lasts longer starts alone
local WORTH_MS = 10000      -- work that is worth a start of its own
local MATES_AHEAD = 199     -- waiting tasks looked at to fill a start
local NEXT_NOTE = '\f'      -- between the notes of a batch

-- Whether another worker than the one that speaks was heard within a lease.
local function others_live(lease_ms)
	return meta.other_ms and now - meta.other_ms <= lease_ms
end

-- The first waiting task that this worker should get: its id and score, or nil
-- and how long the only ones left wait for another worker.
local function choose(worker, lease_ms)
	local head = redis.call('ZRANGE', QUEUE, 0, LOOK_AHEAD - 1,
		'WITHSCORES')
	local wait

	for i = 1, #head, 2 do
		local t = redis.call('HMGET', task_key(head[i]), 'avoid',
			'avoid_ms')
		if t[1] ~= worker or tonumber(t[2]) <= now or
			not others_live(lease_ms) then
			return head[i], head[i + 1]
		end
		wait = math.min(wait or AVOID_MS, t[2] - now)
	end
	return nil, wait
end

local function lost_attempt(n, worker, slot, started, finished)
	return '{"attempt":' .. n .. ',"worker":' .. cjson.encode(worker) ..
		(slot and ',"slot":' .. slot or '') ..
		',"result":"error","reason":"lost"' ..
		(started and ',"started_ms":' .. started or '') ..
		',"finished_ms":' .. finished .. '}'
end

-- How long a task should last by its score; nil: nobody knows.
local function expected_ms(score)
	local x = score and tonumber(score) % BAND

	return x and x >= KNOWN and KNOWN + LONGEST_MS - x or nil
end

-- About how much work there is: of what waits, sixteen tasks stand for all.
local function work_ms()
	local n, ms = redis.call('ZCARD', QUEUE), 0
	local parts = math.min(n, 16)

	for i = 1, parts do
		local rank = math.ceil(i * n / parts) - 1
		local one = redis.call('ZRANGE', QUEUE, rank, rank,
			'WITHSCORES')
		ms = ms + (expected_ms(one[2]) or 0) * n / parts
	end
	for _, id in ipairs(redis.call('ZRANGE', LEASES, 0, 63)) do
		local t = redis.call('HMGET', task_key(id), 'due_ms', 'score')
		local left = (tonumber(t[1]) or now) - now
		ms = ms + math.max(0, math.min(left, expected_ms(t[2]) or 0))
	end
	return ms
end

-- Whether a task is short, and has not yet failed or been lost.
local function may_share(score, t)
	return t[1] and (tonumber(t[2]) or 0) + (tonumber(t[3]) or 0) == 0 and
		(expected_ms(score) or SHORT_MS + 1) <= SHORT_MS
end

-- The slots of those at work, the one that asks among them: who has left, or
-- has said nothing for two leases, does not share what there is.
local function slots_at_work(lease_ms)
	local all, count = redis.call('HGETALL', WORKERS), 0

	for i = 2, #all, 2 do
		local slots, mode, seen_ms = string.match(all[i],
			'^%S+ (%d+) (%S) (%d+) ')
		if slots and mode ~= 'd' and now - seen_ms <= 2 * lease_ms then
			count = count + slots
		end
	end
	return count
end

-- Those that share a start with a task: the next ones that may, as long as the
-- whole takes half of what there is for each slot; less than ten seconds are
-- not worth another start. Ids and scores.
local function mates(id, score, share, lease_ms)
	local fields = {'share', 'failures', 'lost'}
	local found, own, each, left = {}

	if share < 2 then
		return found
	end
	own = redis.call('HMGET', task_key(id), unpack(fields))
	if not may_share(score, own) then
		return found
	end
	each = work_ms() / math.max(1, slots_at_work(lease_ms))
	left = math.max(each / 2, math.min(each, WORTH_MS)) -
		expected_ms(score)
	local next = redis.call('ZRANGE', QUEUE, 0, MATES_AHEAD, 'WITHSCORES')
	for i = 1, #next, 2 do
		local ms = expected_ms(next[i + 1])
		if #found + 1 >= share or left <= 0 then
			break
		end
		if next[i] ~= id and ms and ms <= left then
			local t = redis.call('HMGET', task_key(next[i]),
				unpack(fields))
			if t[1] == own[1] and may_share(next[i + 1], t) then
				found[#found + 1] = {next[i], next[i + 1]}
				left = left - ms
			end
		end
	end
	return found
end

-- Lease a waiting task to an instance: its token. The nonce makes it one that
-- never repeats.
local function lease(id, score, instance, worker, lease_ms, nonce)
	local key, token, t = task_key(id)

	-- by the clock: it grows even if the server lost the last one
	meta.fence = math.max((meta.fence or 0) + 1, now)
	meta.started_ms = meta.started_ms or now
	meta.lease_ms = math.min(meta.lease_ms or lease_ms, lease_ms)
	redis.call('HSET', META, 'fence', meta.fence, 'started_ms',
		meta.started_ms, 'lease_ms', meta.lease_ms)
	token = string.format('%.0f-%s', meta.fence, nonce)
	t = redis.call('HMGET', key, 'silent_ms', 'leases', 'worker', 'slot',
		'started_ms')
	if t[1] then
		append(key, 'attempts', lost_attempt(t[2], t[3], t[4], t[5],
			t[1]))
	end
	redis.call('ZREM', QUEUE, id)
	redis.call('ZADD', LEASES, now + lease_ms, id)
	if t[2] then
		redis.call('HDEL', key, 'silent_ms', 'spared', 'slot',
			'started_ms', 'avoid', 'avoid_ms', 'reason', 'batch',
			'due_ms')
	end
	redis.call('HSET', key, 'lease', token, 'lease_ms', lease_ms,
		'leases', (t[2] or 0) + 1, 'worker', worker, 'score', score,
		'since_ms', now)
	redis.call('SADD', held_key(instance), id .. '#' .. token)
	keep(key, LEASES, QUEUE, held_key(instance))
	return token
end

-- Lease the next task, and those that share its start, to an instance that has
-- a free slot: their notes, or nil and how long to wait. The tokens of a batch
-- have one nonce: it fills one slot.
local function lease_next(instance, me, lease_ms, nonce, ended)
	local id, score = choose(me.worker, lease_ms)
	local all, notes, due = nil, {}, now

	if not id then
		return nil, score
	end
	if redis.call('EXISTS', task_key(id)) == 0 then
		-- its record has outlived its time: nothing to run
		redis.call('ZREM', QUEUE, id)
		verdict(id, 'error', 'lost', '{"id":' .. cjson.encode(id) ..
			'}')
		return nil, 1
	end
	all = mates(id, score, me.share, lease_ms)
	table.insert(all, 1, {id, score})
	for i, one in ipairs(all) do
		local token = lease(one[1], one[2], instance, me.worker,
			lease_ms, nonce)
		if me.share > 1 then
			due = due + (expected_ms(one[2]) or 0)
			redis.call('HSET', task_key(one[1]), 'due_ms', due)
		end
		if #all > 1 then
			redis.call('HSET', task_key(one[1]), 'batch', nonce)
		end
		notes[i] = task_note(token, one[1], i == 1 and ended)
	end
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
