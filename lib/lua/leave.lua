-- leave - an instance takes no more tasks
--
-- KEYS[1]  ft:{RUN}:meta, and workers, bell:INSTANCE, held:INSTANCE
-- ARGV[1]  instance
--
-- Returns what it holds, as id#token: the caller hands back what it has not
-- delivered. Model: Leave.

-- one that is not known, too: its pop may still be on its way
local me = instance_of(ARGV[1]) or
	{worker = '-', slots = 0, done = 0, asked = 0, share = 1}

if not meta.state then
	return {}
end
me.mode = 'd'
set_instance(ARGV[1], me)
redis.call('DEL', own_bell(ARGV[1]))
return settle(redis.call('SMEMBERS', held_key(ARGV[1])))
