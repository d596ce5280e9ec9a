-- divide - into how many parts specs are divided: as this run has them
--
-- KEYS[1]  ft:{RUN}:meta, and parts, task:ID of each
-- ARGV[1]… two a spec: id, and the parts that are proposed (1: whole)
--
-- Returns the parts of each. What the run has already stays as it is, and what
-- is divided now is kept, so that the same map is the same tasks whatever has
-- been learnt meanwhile. A run that takes nothing new learns nothing.
local answer = {}

for i = 1, #ARGV, 2 do
	local id, parts = ARGV[i], tonumber(ARGV[i + 1])
	local old = redis.call('HGET', PARTS, id)

	if old then
		parts = tonumber(old)
	elseif redis.call('EXISTS', task_key(id)) == 1 then
		parts = 1
	elseif parts > 1 and (meta.state or 'open') == 'open' then
		redis.call('HSET', PARTS, id, parts)
	end
	answer[#answer + 1] = parts
end
keep(PARTS)
return answer
