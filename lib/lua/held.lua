-- held - what an instance holds, after replies may have been lost
--
-- KEYS[1]  ft:{RUN}:meta, and bell:INSTANCE, held:INSTANCE, task:ID
-- ARGV[1]  instance
-- ARGV[2]  the last fencing number that it has seen
--
-- Returns the members of held, then the notes of the tasks leased to it above
-- that number. Model: Resync.
local members = redis.call('SMEMBERS', held_key(ARGV[1]))
local notes = {}

for _, member in ipairs(members) do
	local id, token, n = string.match(member, '^(.*)#((%d+)%-.*)$')
	if tonumber(n) > tonumber(ARGV[2]) and
		redis.call('HGET', task_key(id), 'lease') == token then
		notes[#notes + 1] = task_note(token, id)
	end
end
redis.call('DEL', own_bell(ARGV[1]))
return {members, notes}
