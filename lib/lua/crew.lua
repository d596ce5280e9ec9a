-- crew - the tasks that share a start, after choose
--
-- KEYS[1]  ft:{RUN}:meta, and queue, leases, workers, task:ID of those that are
--          looked at
local SHORT_MS = 5000       -- what lasts longer starts alone
local WORTH_MS = 40000      -- work that is worth a start of its own
local CRUMBS_MS = 4000      -- work that is less than what a start costs
local CREW_AHEAD = 200     -- waiting tasks looked at to fill a start

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
-- less than forty seconds are not worth another start. The second result is
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
	-- the shortest that did not fit, where that is nearer to the portion
	local last = start.crumbs[#start.crumbs]
	local ms = last and expected_ms(last[2])
	if last and start.ms + ms / 2 <= most and #start.tasks < share then
		start.tasks[#start.tasks + 1] = table.remove(start.crumbs)
		start.ms, start.behind = start.ms + ms, start.behind - ms
	end
	if start.behind <= CRUMBS_MS and start.ms + start.behind <= at_most and
		#start.tasks + #start.crumbs <= share then
		for _, one in ipairs(start.crumbs) do
			start.tasks[#start.tasks + 1] = one
		end
	end
	return start.tasks
end
