-- finish - an attempt has ended: a verdict, another try, or handed back
--
-- KEYS[1]  ft:{RUN}:meta, and queue, leases, done, workers, bell,
--          bell:INSTANCE, held:INSTANCE, task:ID
-- ARGV[1]  id
-- ARGV[2]  token
-- ARGV[3]  instance, which the token names
-- ARGV[4]  complete, or waiting: handed back free of charge
-- ARGV[5]  result
-- ARGV[6]  reason or ''
-- ARGV[7]  the whole record, kept when it becomes the verdict
-- ARGV[8]  the attempt as an object, kept otherwise
-- ARGV[9]  duration_ms or ''
--
-- Returns complete or waiting, the result, the reason and the attempts; or
-- late, the run's view and the fields of the task for somebody who does not
-- hold it; nil without such a task. Sent again it answers the same.
-- Model: Finish.
local LATE_MAX = 4096       -- bytes of late results kept of a task
local UNREAD_MS = 1000      -- a popper that lives has read its bell by then
local PREFETCH = 16         -- tasks at most that come before a slot is free
local PREFETCH_MS = 40      -- in which those that come early should have a slot
local PREFETCH_LONGEST = 1000 -- ms that one may last, too
local PREFETCH_AFTER = 32   -- verdicts by which the run's mean is known
local id, token, instance = ARGV[1], ARGV[2], ARGV[3]
local result, reason = ARGV[5], ARGV[6]
local key = task_key(id)
local t = fields(id, 'record', 'lease', 'lease_ms', 'ended', 'worker',
	'failures', 'retries', 'score', 'attempts', 'spared', 'silent_ms')
local me = instance_of(instance)
local used = me and slots_used(instance, me)
local member = id .. '#' .. token
local busy = math.floor(0.5 +
	math.min(math.max(tonumber(ARGV[9]) or 0, 0), 2 ^ 31))

local function answer(as, what, why)
	return {as, what, why or '', '[' .. (t.attempts or '') .. ']'}
end

local function same_answer()
	local v = fields(id, 'ended_as', 'result', 'reason')

	return answer(v.ended_as,
		v.ended_as == 'complete' and v.result or 'unknown', v.reason)
end

local function complete(what)
	verdict(id, what, reason, ARGV[7], token)
	return answer('complete', what, reason)
end

-- The task waits again, with these fields beside.
local function back(...)
	if meta.state == 'sealed' or meta.state == 'open' then
		ring()
	end
	redis.call('ZADD', QUEUE, t.score, id)
	redis.call('HDEL', key, 'lease', 'slot', 'started_ms', 'worker')
	redis.call('HSET', key, 'ended', token, 'ended_as', 'waiting', ...)
	keep(QUEUE)
	keep(key)
end

local function hand_back()
	count('handed_back', 1)
	back('reason', reason)
	return answer('waiting', 'unknown', reason)
end

local function try_again(...)
	t.attempts = append(key, 'attempts', t.attempts, ARGV[8])
	back(...)
	return answer('waiting', 'unknown')
end

-- What the holder's report makes of the task: the answer.
local function decide()
	local failures = tonumber(t.failures) or 0

	count('busy_ms', busy)
	if me then
		me.done = me.done + 1
	end
	if result == 'passed' or result == 'flaky' then
		return complete(failures > 0 and 'flaky' or result)
	end
	if reason == 'lost' then
		return lose(id, t.worker, ARGV[7], token) and
			answer('complete', 'error', 'lost') or try_again()
	end
	if failures >= (tonumber(t.retries) or 0) or
		meta.state == 'cancelled' then
		return complete(result)
	end
	count('retried', 1)
	return try_again('failures', int(failures + 1), 'avoid', t.worker,
		'avoid_ms', int(now + AVOID_MS))
end

-- A popper that leaves a note unread may be dead, and gets no more; what was
-- handed over just now may still be on its way. The number of its token is the
-- clock's or ahead of it, after many leases in a millisecond or a clock set
-- back; at worst it is handed all that it may hold before it counts as dead.
local function reads_its_bell()
	local first = redis.call('LINDEX', own_bell(instance), 0)
	local handed_ms = first and string.match(first, '^task\n(%d+)')

	return not first or handed_ms and now - handed_ms < UNREAD_MS
end

-- How many tasks an instance may hold: one for each slot, and where one of
-- these is free so soon that waiting for its next task would count, some that
-- are there when it is. The mean tells how long they wait for that, and this
-- attempt, since tasks may have become longer. None is kept from slots of
-- others that are soon without work.
local function may_hold(longest)
	if me.share > 1 or ARGV[9] == '' or busy > longest or
		redis.call('ZCARD', QUEUE) <=
		me.slots * redis.call('HLEN', WORKERS) then
		return me.slots
	end
	local ended = redis.call('LLEN', DONE)
	if ended < PREFETCH_AFTER then
		return me.slots
	end
	return me.slots + math.min(PREFETCH, math.floor(
		PREFETCH_MS * me.slots * ended / (meta.busy_ms or 0)))
end

-- The next task for the slot that is free, and one more while more may be held:
-- the notes, or nil.
local function hand_over()
	local nonce = string.match(token, '^%d+%-(.*)$')
	local longest = math.min(PREFETCH_MS * me.slots, PREFETCH_LONGEST)
	local held = slots_used(instance, me)
	local most = math.min(may_hold(longest), held + 2)
	local texts = {}

	while held < most do
		local text = lease_next(instance, me, tonumber(t.lease_ms),
			nonce, not texts[1] and member,
			held >= me.slots and longest)
		if not text then
			break
		end
		texts[#texts + 1] = text
		held = held + 1
	end
	return texts[1] and table.concat(texts, NEXT_NOTE)
end

-- The slot may be free: tell its owner, with the next task when it waits for
-- one. Returns whether a task was handed over.
local function free_slot()
	local text

	if not me then
		return false
	end
	if me.mode == '-' then
		redis.call('HDEL', WORKERS, instance)
		return false
	end
	set_instance(instance, me)
	if me.mode ~= 'f' then
		return false
	end
	if used >= me.slots and ARGV[4] ~= 'waiting' and reads_its_bell() and
		(meta.state == 'sealed' or meta.state == 'open') then
		text = hand_over()
	end
	tell(instance, text or note('free', member))
	return text ~= nil
end

-- It was held, but is another's now, or the run is over.
local function came_late()
	if ARGV[4] == 'complete' then
		count('late', 1)
		append(key, 'late', fields(id, 'late').late, ARGV[8], LATE_MAX)
		keep(key)
	end
	free_slot()
end

local function finish()
	if not t.record then
		return nil
	end
	if me then
		hear(me.worker)
	end
	if t.ended == token then
		return same_answer()
	end
	if t.lease ~= token or meta.over then
		take_back()
		if redis.call('SREM', held_key(instance), member) == 1 then
			came_late()
		end
		over()
		return {'late', view(), state_of(id)}
	end
	speak_up(id, t.spared, t.silent_ms)
	-- first what a full server refuses, so that nothing is done by halves
	local told = ARGV[4] == 'waiting' and hand_back() or decide()
	redis.call('ZREM', LEASES, id)
	redis.call('SREM', held_key(instance), member)
	take_back()     -- not before: the holder speaks, so it is not silent
	if not free_slot() then
		over()
	end
	return told
end

return settle(finish())
