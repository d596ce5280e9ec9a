-- undelivered - what an instance holds and never saw, after instance
--
-- KEYS[1]  ft:{RUN}:meta, and leases, held:INSTANCE, task:ID of what it holds

-- The notes of what an instance holds as its own above the fence that it saw
-- last: replies or notes were lost. If one of these is another's by now there
-- are none, and that is the second result: by telling of the rest the fence
-- would pass the one that is gone, which would fill a slot for ever. The next
-- pop forgets it.
local function undelivered(instance, seen, again)
	local notes, gone = {}, false

	for _, member in ipairs(redis.call('SMEMBERS', held_key(instance))) do
		local id, token, n = string.match(member, '^(.*)#((%d+)%-.*)$')
		local t = tonumber(n) > seen and fields(id, 'lease', 'spared',
			'silent_ms', 'leases', 'lease_ms', 'attempts', 'batch',
			'record')
		if t and t.lease == token and not meta.over then
			if again then
				speak_up(id, t.spared, t.silent_ms)
				redis.call('ZADD', LEASES,
					int(now + t.lease_ms), id)
				keep(LEASES)
			end
			notes[#notes + 1] = task_note(token, id, t)
		end
		gone = gone or t and t.lease ~= token
	end
	return gone and {} or notes, gone
end
