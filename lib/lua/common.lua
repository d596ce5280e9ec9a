-- common - what the operations on a run share; each script begins with it
--
-- KEYS[1]  ft:{RUN}:meta. The run's other keys are made from its prefix, so
--          they lie in its slot.
--
-- Fields of meta: run, state, created_ms, started_ms, finished_ms,
-- max_failures, takeovers, fence, heard_ms, lease_ms (the shortest handed
-- out), silence_ms and spoke_ms (the last long silence: its length and its
-- end), recent, recent_ms, other_ms (the two workers heard last), a counter
-- of every result, retried, lost, late, handed_back, busy_ms, announced and
-- over (a cancelled run's last lease has ended, or is void), and push:PUSHER.N, the answers
-- to a pusher's last batches.
--
-- Fields of task:ID: record, retries, share (the tasks with which it may share
-- a start); from the first lease on batch (the nonce of those leased together,
-- if any), due_ms (when it should end), lease (the holder's token), leases, lease_ms, worker, score, since_ms, started_ms and
-- slot (told by the first beat); silent_ms (when the lease was taken back),
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

local TTL_S = 604800        -- a week
local RENEW_S = 600         -- used up of it before work renews it
local TAKE_BACK_MAX = 100   -- expired leases taken back by one call
local LOOK_AHEAD = 8        -- waiting tasks looked at for a retry's sake
local AVOID_MS = 1000       -- how long a retry waits for another worker
local BELL_MAX = 64         -- notes at which stops are not repeated
local BELL_KEPT = 1024      -- notes kept for an instance that does not read
local LATE_MAX = 4096       -- bytes of late results kept of a task
local SHORT_MS = 5000       -- what lasts longer starts alone
local WORTH_MS = 10000      -- work that is worth a start of its own
local MATES_AHEAD = 199     -- waiting tasks looked at to fill a start
local NEXT_NOTE = '\f'      -- between the notes of a batch

-- The queue's score: longest first, below them what nobody knows, in bands of
-- one priority.
local BAND = 2 ^ 41
local KNOWN = 2 ^ 40        -- unknown durations count as longer than any
local LONGEST_MS = 2 ^ 39

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- A key lives for a week after the last work on it, or ten minutes less: to
-- look costs a tenth of a renewal, which is also a line of the log.
local function keep(...)
	for _, key in ipairs({...}) do
		local left = redis.call('TTL', key)
		if left == -1 or left >= 0 and left < TTL_S - RENEW_S then
			redis.call('EXPIRE', key, TTL_S)
		end
	end
end

local names = {'state', 'heard_ms', 'lease_ms', 'silence_ms', 'spoke_ms',
	'recent', 'recent_ms', 'other_ms', 'max_failures', 'takeovers',
	'over', 'fence', 'started_ms'}
local meta = {}
for i, value in ipairs(redis.call('HMGET', META, unpack(names))) do
	meta[names[i]] = value or nil
end
for i = 2, #names do
	if names[i] ~= 'recent' then
		meta[names[i]] = tonumber(meta[names[i]])
	end
end

-- Whoever held the last leases of a cancelled run has been silent for another
-- lease, and nobody may be left to take them back: it is over. From then on
-- they are void.
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
	redis.call('XADD', BELL, 'MAXLEN', 1, '*', 'rung', now)
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
	local set = {'heard_ms', now, 'recent_ms', now}

	if meta.heard_ms and half > 0 and now - meta.heard_ms > half then
		meta.silence_ms, meta.spoke_ms = now - meta.heard_ms, now
		for _, v in ipairs({'silence_ms', meta.silence_ms,
			'spoke_ms', now}) do
			set[#set + 1] = v
		end
	end
	if meta.recent ~= worker then
		if meta.recent_ms then
			meta.other_ms = meta.recent_ms
			set[#set + 1] = 'other_ms'
			set[#set + 1] = meta.other_ms
		end
		set[#set + 1] = 'recent'
		set[#set + 1] = worker
	end
	redis.call('HSET', META, unpack(set))
	keep(META, IDS)
end

-- Whether another worker than the one that speaks was heard within a lease.
local function others_live(lease_ms)
	return meta.other_ms and now - meta.other_ms <= lease_ms
end

-- Add a JSON object to a task's list of attempts or of late results.
local function append(key, field, object, max)
	local old = redis.call('HGET', key, field)

	if old and max and #old > max then
		return
	end
	redis.call('HSET', key, field, old and old .. ',' .. object or object)
end

-- The one place where a task gets its verdict; record is nil when nobody
-- reported one. Past the failure budget the run takes no more work.
local function verdict(id, result, reason, record)
	local key = task_key(id)
	local failed

	local set = {'result', result, 'reason', reason, 'ended_ms', now}
	if record then
		set[7], set[8] = 'record', record
	end
	redis.call('HSET', key, unpack(set))
	redis.call('HDEL', key, 'lease', 'silent_ms', 'spared', 'avoid',
		'avoid_ms')
	redis.call('RPUSH', DONE, id)
	redis.call('HINCRBY', META, result, 1)
	redis.call('HSET', META, 'finished_ms', now)
	keep(key, DONE, META, PARTS)
	if not meta.max_failures or meta.state == 'finished' or
		(result ~= 'failed' and result ~= 'error') then
		return
	end
	failed = redis.call('HMGET', META, 'failed', 'error')
	if (tonumber(failed[1]) or 0) + (tonumber(failed[2]) or 0) >=
		meta.max_failures then
		redis.call('HSET', META, 'state', 'cancelled')
		meta.state = 'cancelled'
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
		if redis.call('HSETNX', META, 'over', 1) == 1 then
			meta.over = 1
			ring()
		end
		return true
	end
	if meta.state ~= 'sealed' or redis.call('ZCARD', QUEUE) > 0 then
		return false
	end
	redis.call('HSET', META, 'state', 'finished')
	meta.state = 'finished'
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
local function lose(id, worker, record)
	local key = task_key(id)

	redis.call('HSET', key, 'avoid', worker or '', 'avoid_ms',
		now + AVOID_MS)
	redis.call('HINCRBY', META, 'lost', 1)
	if redis.call('HINCRBY', key, 'lost', 1) < (meta.takeovers or 3) then
		return false
	end
	verdict(id, 'error', 'lost', record)
	return true
end

-- Take back expired leases. The holder stays the holder until somebody else
-- gets the task, and takes its loss back when it speaks before that. What was
-- handed to a popper that was gone already never reached a holder: the note
-- stays, so that nothing more is handed to it.
local function take_back()
	local ids = redis.call('ZRANGEBYSCORE', LEASES, '-inf', now, 'LIMIT',
		0, TAKE_BACK_MAX)
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
			redis.call('ZADD', LEASES, deadline, id)
		elseif not t[4] and unread(t[5]) then
			redis.call('ZREM', LEASES, id)
			redis.call('HDEL', key, 'lease', 'worker')
			redis.call('HINCRBY', META, 'handed_back', 1)
			redis.call('ZADD', QUEUE, t[2] or 0, id)
			back = true
		else
			redis.call('ZREM', LEASES, id)
			redis.call('HSET', key, 'silent_ms', now)
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
local function speak_up(id)
	local key = task_key(id)
	local t = redis.call('HMGET', key, 'spared', 'silent_ms')

	if t[1] then
		redis.call('HDEL', key, 'spared')
	end
	if t[2] then
		redis.call('HDEL', key, 'silent_ms', 'avoid', 'avoid_ms')
		redis.call('ZREM', QUEUE, id)
		redis.call('HINCRBY', key, 'lost', -1)
		redis.call('HINCRBY', META, 'lost', -1)
	end
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

-- A note for a popper is lines: a word, then its fields.
local function note(...)
	return table.concat({...}, '\n')
end

local function task_note(token, id, ended)
	local t = redis.call('HMGET', task_key(id), 'leases', 'lease_ms',
		'attempts', 'batch', 'record')

	return note('task', token, t[1], t[2], '[' .. (t[3] or '') .. ']',
		ended or '', t[4] or '', t[5])
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
	redis.call('HSET', WORKERS, name, string.format(
		'%s %d %s %.0f %d %d %d', i.worker, i.slots, i.mode, now,
		i.done, i.asked, i.share))
	keep(WORKERS)
end

-- Leave a note on an instance's own bell.
local function tell(instance, text)
	local bell = own_bell(instance)

	if redis.call('RPUSH', bell, text) > BELL_KEPT then
		redis.call('LTRIM', bell, -BELL_KEPT, -1)
	end
	keep(bell)
end

-- The run's state by which a record is read: over where leases are void.
local function view()
	return meta.over and 'over' or meta.state
end

-- The state of a task for an answer to somebody who does not hold it.
local function state_of(id)
	return redis.call('HGETALL', task_key(id))
end

-- The notes of what an instance holds as its own above the fence that it saw
-- last: replies or notes were lost.
local function undelivered(instance, seen, renew)
	local notes = {}

	for _, member in ipairs(redis.call('SMEMBERS', held_key(instance))) do
		local id, token, n = string.match(member, '^(.*)#((%d+)%-.*)$')
		local t = tonumber(n) > seen and
			redis.call('HMGET', task_key(id), 'lease', 'lease_ms')
		if t and t[1] == token and not meta.over then
			if renew then
				speak_up(id)
				redis.call('ZADD', LEASES, now + t[2], id)
				keep(LEASES)
			end
			notes[#notes + 1] = task_note(token, id)
		end
	end
	return notes
end

-- What was never delivered and now is another's will never be reported.
local function forget_undelivered(instance, seen)
	for _, member in ipairs(redis.call('SMEMBERS', held_key(instance))) do
		local id, token, n = string.match(member, '^(.*)#((%d+)%-.*)$')
		if tonumber(n) > seen and (meta.over or
			redis.call('HGET', task_key(id), 'lease') ~= token) then
			redis.call('SREM', held_key(instance), member)
		end
	end
end
