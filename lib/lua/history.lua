-- history - learn how long specs last
--
-- KEYS[1]   ft:history
-- ARGV[1]…  two a pass: id, duration_ms
local TTL_S = 604800 -- a week

for i = 1, #ARGV, 2 do
	local old = tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or ARGV[i + 1])
	redis.call('HSET', KEYS[1], ARGV[i],
		string.format('%.0f', (old + 2 * ARGV[i + 1]) / 3))
end
redis.call('EXPIRE', KEYS[1], TTL_S)
