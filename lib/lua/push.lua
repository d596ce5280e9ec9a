-- push - add tasks that the run does not have
--
-- KEYS[1]  ft:{RUN}:meta, and ids, parts, queue, bell, task:ID of each
-- ARGV[1]  run
-- ARGV[2]  pusher: a name that no other process has
-- ARGV[3]  the number of this batch: sent again, it gets the same answer,
--          as long as no later one than the next seven has been sent
-- ARGV[4]  failure budget, or ''
-- ARGV[5]… five a task: id, record, score, retries or '', share or ''; a score
--          of + and a number is that above its place in the run
--
-- Returns a letter a task: a added, k known before, r refused: the run takes
-- nothing new. Model: Push.
local FIRST, EACH = 5, 5
local AHEAD = 8             -- batches under way at once

local mark = 'push:' .. ARGV[2] .. '.'
local answer = redis.call('HGET', META, mark .. ARGV[3])
if answer then
	return answer
end

-- Nearly all that nobody knows has no priority, and is spared the conversions.
local function score(text, place)
	if text == '+0' then
		return int(place)
	end
	if string.sub(text, 1, 1) ~= '+' then
		return text
	end
	return string.format('%.0f', place + string.sub(text, 2))
end

local keys = {}
for i = FIRST, #ARGV, EACH do
	keys[#keys + 1] = task_key(ARGV[i])
end
local known = redis.call('EXISTS', unpack(keys)) > 0 -- one or more of them
local divided = redis.call('EXISTS', PARTS) == 1
local length = redis.call('LLEN', IDS)
local ids, places, taken = {}, {}, {}

-- Whether the run has the parts of a task; see divide.
local function in_parts(id)
	local parts = divided and redis.call('HGET', PARTS, id)

	return parts and redis.call('HEXISTS', task_key(id .. '/1of' .. parts),
		'record') == 1
end

-- Note what is to be written of a task; nothing is, before all is known.
local function add(key, id, text)
	-- not EXISTS: a key of another type is an error, no task
	if taken[key] or known and
		redis.call('HEXISTS', key, 'record') == 1 or
		in_parts(id) then
		return 'k'
	end
	if meta.state ~= 'open' then
		return 'r'
	end
	local n = #ids + 1
	taken[key] = true
	ids[n] = id
	places[2 * n - 1] = score(text, length + n)
	places[2 * n] = id
	return 'a'
end

local function write(key, record, retries, share)
	if share ~= '' then
		redis.call('HSET', key, 'record', record, 'share', share)
	else
		redis.call('HSET', key, 'record', record)
	end
	if retries ~= '' then
		redis.call('HSET', key, 'retries', retries)
	end
	renew(key)
end

if not meta.state then
	set_meta('run', ARGV[1])
	set_meta('state', 'open')
	set_meta('created_ms', now)
end
if ARGV[4] ~= '' then
	set_meta('max_failures', tonumber(ARGV[4]))
end

local idle = redis.call('ZCARD', QUEUE) == 0
local letters = {}
for n, key in ipairs(keys) do
	local i = FIRST + (n - 1) * EACH
	letters[n] = add(key, ARGV[i], ARGV[i + 2])
end
if #ids > 0 then
	-- the shared keys first: one of another type leaves no task half there,
	-- nor does a score that is none
	redis.call('ZADD', QUEUE, unpack(places))
	redis.call('RPUSH', IDS, unpack(ids))
	for n, key in ipairs(keys) do
		if letters[n] == 'a' then
			local i = FIRST + (n - 1) * EACH
			write(key, ARGV[i + 1], ARGV[i + 3], ARGV[i + 4])
		end
	end
end
answer = table.concat(letters)
set_meta(mark .. ARGV[3], answer)
redis.call('HDEL', META, mark .. ARGV[3] - AHEAD)
keep(IDS)
keep(QUEUE)
if idle and #ids > 0 then
	ring()
end
return settle(answer)
