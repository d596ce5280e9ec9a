-- lease - who gets which task: what pop and finish share, after common
--
-- KEYS[1]  ft:{RUN}:meta, and queue, leases, workers, task:ID, held:INSTANCE,
--          bell:INSTANCE of those that are chosen
local LOOK_AHEAD = 8        -- waiting tasks looked at for a retry's sake
local NEAR_AHEAD = 64       -- and for one that is nearly as long as the first:
local NEAR_PART = 3 / 4     -- it should last at least this part of it
local SHORT_MS = 5000       -- what lasts longer starts alone
local WORTH_MS = 20000      -- work that is worth a start of its own
local CRUMBS_MS = 2000      -- work that is less than what a start costs
local CREW_AHEAD = 200     -- waiting tasks looked at to fill a start
local NEXT_NOTE = '\f'      -- between the notes of one answer

-- The queue's score, which the pusher makes: longest first, what nobody knows,
-- by its place in the run, before them, in bands of one priority. queue_batch.c
-- has the same figures.
local BAND = 2 ^ 41
local KNOWN = 2 ^ 40        -- unknown durations count as longer than any
local LONGEST_MS = 2 ^ 39

-- Whether another worker than the one that speaks was heard within a lease.
local function others_live(lease_ms)
	return meta.other_ms and now - meta.other_ms <= lease_ms
end

-- What a lease and its note have to know of a waiting task. Most are leased for
-- the first time, and have no more than this.
local function waiting(id)
	local t = fields(id, 'record', 'leases', 'share')

	if not t.leases then
		return t
	end
	return fields(id, 'record', 'leases', 'attempts', 'share', 'failures',
		'lost', 'avoid', 'avoid_ms', 'silent_ms', 'worker', 'slot',
		'started_ms')
end

-- How long a task should last by its score; nil: nobody knows.
local function expected_ms(score)
	local x = score and tonumber(score) % BAND

	return x and x >= KNOWN and KNOWN + LONGEST_MS - x or nil
end

-- The waiting task of that rank, as its id and its score, if there is one.
local function ranked(rank)
	rank = int(rank)
	return redis.call('ZRANGE', QUEUE, rank, rank, 'WITHSCORES')
end

-- The next task for a slot that goes on. Longest first gives slots that end
-- together tasks that end together, until all slots start theirs at one time
-- and wait for each other; so it is any of those that last nearly as long as
-- the longest, and the microseconds of the clock are the dice.
local function near_first()
	local first = ranked(0)
	local ms = expected_ms(first[2])
	local near = ms and ranked(clock[2] % NEAR_AHEAD)

	return near and near[1] and near[2] - first[2] <= (1 - NEAR_PART) * ms
		and near or first
end

-- The waiting task that this worker should get, the first one or nearly: its
-- id, score and fields, or nil and how long the only ones left wait for another
-- worker.
local function choose(worker, lease_ms, nearly)
	local wait

	for i = nearly and 0 or 1, LOOK_AHEAD do
		local one = i == 0 and near_first() or ranked(i - 1)
		if not one[1] then
			break
		end
		local t = waiting(one[1])
		if t.avoid ~= worker or tonumber(t.avoid_ms) <= now or
			not others_live(lease_ms) then
			return one[1], one[2], t
		end
		wait = math.min(wait or AVOID_MS, t.avoid_ms - now)
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

-- About how much work waits, and how much is under way: of what waits, sixteen
-- tasks stand for all.
local function work_ms()
	local n, waits, runs = redis.call('ZCARD', QUEUE), 0, 0
	local parts = math.min(n, 16)

	for i = 1, parts do
		local one = ranked(math.ceil(i * n / parts) - 1)
		waits = waits + (expected_ms(one[2]) or 0) * n / parts
	end
	local some = redis.call('ZRANGE', LEASES, 0, 63)
	local each = redis.call('ZCARD', LEASES) / math.max(1, #some)
	for _, id in ipairs(some) do
		local t = fields(id, 'due_ms', 'score')
		local left = (tonumber(t.due_ms) or now) - now
		runs = runs + each * math.max(0, math.min(left,
			expected_ms(t.score) or 0))
	end
	return waits, runs
end

-- Whether a task is short, and has not yet failed or been lost.
local function may_share(score, t)
	return t.share and (tonumber(t.failures) or 0) +
		(tonumber(t.lost) or 0) == 0 and
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

-- How much work one start may take: half of what there is for each slot, since
-- less than twenty seconds are not worth another start. The second result is
-- for a start that leaves nothing of its kind behind: once the other slots have
-- their part, give or take half of one, crumbs would want a start of their own.
local function portion_ms(lease_ms)
	local slots = math.max(1, slots_at_work(lease_ms))
	local waits, runs = work_ms()
	local each = (waits + runs) / slots
	local most = math.max(each / 2, math.min(each, WORTH_MS))
	local others_busy = runs > (slots - 1.5) * each

	return most, others_busy and each + CRUMBS_MS or most
end

-- Take a task into a start, if it may share it; or note that it is left behind.
local function offer(start, id, score, ms)
	local t = fields(id, 'share', 'failures', 'lost')

	if t.share ~= start.share or not may_share(score, t) then
		return
	end
	if start.ms + ms <= start.most then
		start.tasks[#start.tasks + 1] = {id, score}
		start.ms = start.ms + ms
	else
		start.crumbs[#start.crumbs + 1] = {id, score}
		start.behind = start.behind + ms
	end
end

-- A task t and those that share its start, the next ones that may: ids and
-- scores.
local function crew(id, score, t, share, lease_ms)
	local start = {tasks = {{id, score}}, crumbs = {}, behind = 0,
		share = t.share, ms = expected_ms(score)}

	if share < 2 or not may_share(score, t) then
		return start.tasks
	end
	local most, at_most = portion_ms(lease_ms)
	local next = redis.call('ZRANGE', QUEUE, 0, CREW_AHEAD - 1,
		'WITHSCORES')
	start.most = most
	if #next == 2 * CREW_AHEAD then
		start.behind = CRUMBS_MS + 1
	end
	for i = 1, #next, 2 do
		local ms = expected_ms(next[i + 1])
		if #start.tasks == share or
			start.ms >= most and start.behind > CRUMBS_MS then
			break
		end
		if next[i] ~= id and ms and (start.ms + ms <= most or
			start.behind <= CRUMBS_MS) then
			offer(start, next[i], next[i + 1], ms)
		end
	end
	if start.behind <= CRUMBS_MS and start.ms + start.behind <= at_most and
		#start.tasks + #start.crumbs <= share then
		for _, one in ipairs(start.crumbs) do
			start.tasks[#start.tasks + 1] = one
		end
	end
	return start.tasks
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
local function lease_next(instance, me, lease_ms, nonce, ended)
	local id, score, t = choose(me.worker, lease_ms,
		ended and me.share < 2)
	local all, notes, due = nil, {}, now

	if not id then
		return nil, score
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
