-- publish - the counters of the current run, for people
--
-- KEYS[1]   runmeta
-- ARGV[1]   run
-- ARGV[2]   1: it becomes the current one, 0: only if it is
-- ARGV[3]…  fields and values
--
-- Returns 1, or 0 when another run is the current one.
local TTL_S = 604800 -- a week

if ARGV[2] == '0' and redis.call('HGET', KEYS[1], 'runid') ~= ARGV[1] then
	return 0
end
redis.call('HSET', KEYS[1], 'runid', ARGV[1], unpack(ARGV, 3))
redis.call('EXPIRE', KEYS[1], TTL_S)
return 1
