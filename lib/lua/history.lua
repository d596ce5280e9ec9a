-- history - learn how long specs last
--
-- KEYS[1]   ft:history
-- ARGV[1]…  two a lesson: a name, and the milliseconds that a pass took
--
-- A task's own last pass counts most; the names of kin, which end in a slash,
-- hold a mean of many. See estimate.h.
local TTL_S = 604800 -- a week
local OWN, KIN = 2 / 3, 1 / 8

for i = 1, #ARGV, 2 do
	local name, new = ARGV[i], tonumber(ARGV[i + 1])
	local old = tonumber(redis.call('HGET', KEYS[1], name) or new)
	local share = string.sub(name, -1) == '/' and KIN or OWN

	redis.call('HSET', KEYS[1], name,
		string.format('%.0f', old + share * (new - old)))
end
redis.call('EXPIRE', KEYS[1], TTL_S)
