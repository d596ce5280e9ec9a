-- pop - lease the next task to an instance
--
-- KEYS[1]  ft:{RUN}:meta, and queue, leases, workers, bell, bell:INSTANCE,
--          held:INSTANCE, task:ID
-- ARGV[1]  instance
-- ARGV[2]  worker
-- ARGV[3]  slots of the instance
-- ARGV[4]  lease_ms
-- ARGV[5]  nonce of this request: sent again, it gets the same lease
-- ARGV[6]  mode: f follows its bell, - takes one task
--
-- Returns what it found (task, full, wait, finished, norun), how long to wait
-- at most in ms, the bell's generation, the task's note or '', and the notes
-- from the instance's own bell. Model: Pop.
local instance, worker, slots = ARGV[1], ARGV[2], tonumber(ARGV[3])
local lease_ms, nonce, mode = tonumber(ARGV[4]), ARGV[5], ARGV[6]
local notes = {}

local function answer(what, wait, text)
	return {what, wait or 0, generation(), text or '', unpack(notes)}
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

if not meta.state then
	return {'norun', 0, '0-0', ''}
end
hear(worker)
take_back()

local known = instance_of(instance)
set_instance(instance, {worker = worker, slots = slots, mode = mode,
	done = known and known.done or 0})
if mode == 'f' then
	notes = redis.call('LRANGE', own_bell(instance), 0, -1)
	redis.call('DEL', own_bell(instance))
end

local held = redis.call('SMEMBERS', held_key(instance))
for _, member in ipairs(held) do
	local id, token = string.match(member, '^(.*)#(%d+%-.*)$')
	if string.sub(token, -#nonce - 1) == '-' .. nonce and
		redis.call('HGET', task_key(id), 'lease') == token then
		return answer('task', 0, task_note(token, id))
	end
end
if over() then
	return answer('finished')
end
if #held >= slots then
	return answer('full', patience())
end
local text, held_up
if meta.state ~= 'cancelled' then
	text, held_up = lease_next(instance, worker, lease_ms, nonce)
end
if text then
	return answer('task', 0, text)
end
if over() then
	return answer('finished')
end
return answer('wait', patience(held_up))
