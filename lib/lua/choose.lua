-- choose - which waiting task a worker should get, after verdict
--
-- KEYS[1]  ft:{RUN}:meta, and queue, task:ID of those that are looked at
local LOOK_AHEAD = 8        -- waiting tasks looked at for a retry's sake
local NEAR_AHEAD = 64       -- and for one that is nearly as long as the first:
local NEAR_PART = 3 / 4     -- it should last at least this part of it

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
