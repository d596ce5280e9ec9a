-- pop - lease the next tasks to an instance
--
-- KEYS[1]  ft:{RUN}:meta, and queue, leases, workers, bell, bell:INSTANCE,
--          held:INSTANCE, task:ID
-- ARGV[1]  instance
-- ARGV[2]  worker
-- ARGV[3]  slots of the instance
-- ARGV[4]  lease_ms
-- ARGV[5]  nonce of this request, INSTANCE.NUMBER: sent again, it gets the
--          same leases; after a later one it is not served
-- ARGV[6]  mode: f follows its bell, - takes one task
-- ARGV[7]  the last fencing number that it has seen
-- ARGV[8]  how many tasks it takes for one slot, where they may share a start
--
-- Returns what it found (task, full, wait, finished, norun), how long to wait
-- at most in ms (after a task only if it fills the last slot, else 0), the
-- bell's generation for who waits, the notes of the tasks, with NEXT_NOTE
-- between them, or '', and the notes from the instance's own bell.
-- Model: Pop. Several tasks are as many of its steps.
local AT_ONCE = 64          -- leases of one call
local instance, worker, slots = ARGV[1], ARGV[2], tonumber(ARGV[3])
local lease_ms, nonce, mode = tonumber(ARGV[4]), ARGV[5], ARGV[6]
local notes = {}

local function generation()
	local newest = redis.call('XREVRANGE', BELL, '+', '-', 'COUNT', 1)
	return newest[1] and newest[1][1] or '0-0'
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

local function answer(what, wait, text)
	if mode == '-' and what ~= 'task' then
		redis.call('HDEL', WORKERS, instance)
	end
	return {what, wait or 0, what == 'wait' and generation() or '0-0',
		text or '', unpack(notes)}
end

-- The next moment at which an answer may change without a bell.
local function patience(held_up)
	local first = redis.call('ZRANGE', LEASES, 0, 0, 'WITHSCORES')
	local wait = math.floor(lease_ms / 3)

	if first[2] then
		wait = math.min(wait, first[2] - now)
	end
	return math.max(1, math.min(wait, held_up or wait))
end

local me

-- A task is given, by its note. Who follows its bell and has no slot left need
-- not ask before something changes.
local function give(text)
	local full = mode == 'f' and slots_used(instance, me) >= slots

	return answer('task', full and patience() or 0, text)
end

-- A hand-over comes again with what is undelivered, unless the task has gone to
-- another.
local function read_bell()
	local bell = own_bell(instance)

	for _, text in ipairs(redis.call('LRANGE', bell, 0, -1)) do
		local ended = string.match(text,
			'^task\n.-\n.-\n.-\n.-\n(.-)\n')
		notes[#notes + 1] = ended and note('free', ended) or text
	end
	if #notes > 0 then
		redis.call('DEL', bell)
	end
end

-- A task for each free slot, but the other instances get their part of what
-- waits: the notes, or nil and how long to wait. Where tasks may share a start,
-- what has one nonce fills one slot, so that it is one start at a time.
local function lease_some(free)
	local texts, most = {}, 1

	if me.share < 2 and free > 1 then
		most = math.min(free, AT_ONCE, math.floor(
			redis.call('ZCARD', QUEUE) /
			redis.call('HLEN', WORKERS)))
	end
	repeat
		local text, wait = lease_next(instance, me, lease_ms, nonce)
		if not text then
			return texts[1] and table.concat(texts, NEXT_NOTE), wait
		end
		texts[#texts + 1] = text
	until #texts >= most
	return table.concat(texts, NEXT_NOTE)
end

local function pop()
	if not meta.state then
		return {'norun', 0, '0-0', ''}
	end
	local known = instance_of(instance)
	local asked = tonumber(string.match(nonce, '(%d+)$'))
	local seen = tonumber(ARGV[7])
	if known and (known.mode == 'd' or asked < known.asked) then
		return answer('wait', 1)    -- it came late: nobody reads this
	end
	hear(worker)
	take_back()

	me = {worker = worker, slots = slots, mode = mode,
		done = known and known.done or 0, asked = asked,
		share = tonumber(ARGV[8] or 1)}
	set_instance(instance, me)
	if mode == 'f' then
		read_bell()
	end
	if not known or asked > known.asked then
		forget_undelivered(instance, seen)
	end
	-- sent again, or notes were lost: what it holds and never saw is first
	local again, gone = undelivered(instance, seen, true)
	if gone and mode == 'f' then
		return answer('wait', 1)
	end
	for _, text in ipairs(again) do
		notes[#notes + 1] = text
	end
	if string.match(notes[#notes] or '', '^task') then
		return give(table.remove(notes))
	end
	if over() then
		return answer('finished')
	end
	local used = slots_used(instance, me)
	if used >= slots then
		return answer('full', patience())
	end
	local text, held_up
	if meta.state ~= 'cancelled' then
		text, held_up = lease_some(slots - used)
	end
	if text then
		return give(text)
	end
	if over() then
		return answer('finished')
	end
	return answer('wait', patience(held_up))
end

return settle(pop())
