-- leave - an instance takes no more tasks
--
-- KEYS[1]  ft:{RUN}:meta, and workers, bell:INSTANCE, held:INSTANCE
-- ARGV[1]  instance
--
-- Returns what it holds, as id#token: the caller hands back what it has not
-- delivered. Model: Leave.
local me = instance_of(ARGV[1])

if me then
	me.mode = 'd'
	set_instance(ARGV[1], me)
end
redis.call('DEL', own_bell(ARGV[1]))
return redis.call('SMEMBERS', held_key(ARGV[1]))
