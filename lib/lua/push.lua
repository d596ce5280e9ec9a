-- push - add tasks that the run does not have
--
-- KEYS[1]  ft:{RUN}:meta, and ids, parts, queue, bell, task:ID of each
-- ARGV[1]  run
-- ARGV[2]  pusher: a name that no other process has
-- ARGV[3]  the number of this batch: sent again, it gets the same answer,
--          as long as no later one than the next seven has been sent
-- ARGV[4]  failure budget, or ''
-- ARGV[5]… six a task: id, record, priority, expected_ms, or else ~weight,
--          or else '', retries, share or ''
--
-- Returns a letter a task: a added, k known before, r refused: the run takes
-- nothing new. Model: Push.
local FIRST, EACH = 5, 6
local HEAVIEST = 2 ^ 39

local AHEAD = 8             -- batches under way at once

local mark = 'push:' .. ARGV[2] .. '.'
local answer = redis.call('HGET', META, mark .. ARGV[3])
if answer then
	return answer
end

local function score(priority, expected, place)
	local weight = string.match(expected, '^~(.*)')
	local x = place

	if weight then
		x = KNOWN - math.min(tonumber(weight), HEAVIEST - 1)
	elseif expected ~= '' then
		x = KNOWN + LONGEST_MS -
			math.min(tonumber(expected), LONGEST_MS)
	end
	return string.format('%.0f', x - priority * BAND)
end

local ids, places, tasks = {}, {}, {}
local length = redis.call('LLEN', IDS)
local divided = redis.call('EXISTS', PARTS) == 1

-- Whether the run has the parts of a task; see divide.
local function in_parts(id)
	local parts = divided and redis.call('HGET', PARTS, id)

	return parts and redis.call('HEXISTS', task_key(id .. '/1of' .. parts),
		'record') == 1
end

-- Note what is to be written of a task; nothing is, before all is known.
local function add(id, record, priority, expected, retries, share)
	local key = task_key(id)
	local set = {'record', record}

	-- not EXISTS: a key of another type is an error, no task
	if tasks[key] or redis.call('HEXISTS', key, 'record') == 1 or
		in_parts(id) then
		return 'k'
	end
	if meta.state ~= 'open' then
		return 'r'
	end
	if retries ~= '0' then
		set[3], set[4] = 'retries', retries
	end
	if share ~= '' then
		set[#set + 1] = 'share'
		set[#set + 1] = share
	end
	tasks[key] = set
	ids[#ids + 1] = id
	places[#places + 1] = score(priority, expected, length + #ids)
	places[#places + 1] = id
	return 'a'
end

-- The shared keys first: if one is of another type, no task is half there.
local function write()
	redis.call('RPUSH', IDS, unpack(ids))
	redis.call('ZADD', QUEUE, unpack(places))
	for key, set in pairs(tasks) do
		redis.call('HSET', key, unpack(set))
		redis.call('EXPIRE', key, TTL_S)
	end
end

if not meta.state then
	redis.call('HSET', META, 'run', ARGV[1], 'state', 'open',
		'created_ms', now)
	meta.state = 'open'
end
if ARGV[4] ~= '' then
	redis.call('HSET', META, 'max_failures', ARGV[4])
end

local idle = redis.call('ZCARD', QUEUE) == 0
local letters = {}
for i = FIRST, #ARGV, EACH do
	letters[#letters + 1] = add(ARGV[i], ARGV[i + 1], ARGV[i + 2],
		ARGV[i + 3], ARGV[i + 4], ARGV[i + 5])
end
if #ids > 0 then
	write()
end
answer = table.concat(letters)
redis.call('HSET', META, mark .. ARGV[3], answer)
redis.call('HDEL', META, mark .. ARGV[3] - AHEAD)
keep(META, IDS, PARTS, QUEUE)
if idle and string.find(answer, 'a') then
	ring()
end
return answer
