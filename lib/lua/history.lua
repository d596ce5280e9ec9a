-- history - learn how long specs last
--
-- KEYS[1]   ft:history
-- ARGV[1]…  two a lesson: a name, and the milliseconds that a pass took
--
-- A task's own last pass counts most; the names of kin, which end in a slash,
-- hold a mean of many. See estimate.h.
local TTL_S = 604800 -- a week
local PARTS_MAX = 100
local OWN, KIN = 2 / 3, 1 / 8
local LONGEST_MS = 2 ^ 53

-- What is no duration was never learnt.
local function duration(value)
	local ms = tonumber(value or nil)

	return ms and ms >= 0 and ms <= LONGEST_MS and ms
end

-- The parts of a divided spec, WHOLE/1of3 and so on: the whole lasts as long
-- as all of them.
local function sum_up(name)
	local whole, parts = string.match(name, '^(.*)/%d+of(%d+)$')
	local names, sum = {}, 0

	parts = tonumber(parts)
	if not whole or parts < 1 or parts > PARTS_MAX then
		return
	end
	for k = 1, parts do
		names[k] = string.format('%s/%dof%d', whole, k, parts)
	end
	for _, ms in ipairs(redis.call('HMGET', KEYS[1], unpack(names))) do
		if not duration(ms) then
			return
		end
		sum = sum + ms
	end
	redis.call('HSET', KEYS[1], whole, string.format('%.0f', sum))
end

for i = 1, #ARGV, 2 do
	local name, new = ARGV[i], tonumber(ARGV[i + 1])
	local old = duration(redis.call('HGET', KEYS[1], name)) or new
	local share = string.sub(name, -1) == '/' and KIN or OWN

	redis.call('HSET', KEYS[1], name,
		string.format('%.0f', old + share * (new - old)))
	sum_up(name)
end
redis.call('EXPIRE', KEYS[1], TTL_S)
