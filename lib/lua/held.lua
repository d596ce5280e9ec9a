-- held - what an instance holds, after replies may have been lost
--
-- KEYS[1]  ft:{RUN}:meta, and bell:INSTANCE, held:INSTANCE, task:ID
-- ARGV[1]  instance
-- ARGV[2]  the last fencing number that it has seen
--
-- Returns the members of held, then the notes of the tasks leased to it above
-- that number; changes nothing, since it may arrive late. Model: Resync.
return {redis.call('SMEMBERS', held_key(ARGV[1])),
	(undelivered(ARGV[1], tonumber(ARGV[2])))}
