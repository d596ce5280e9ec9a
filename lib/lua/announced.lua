-- announced - the run has become the current one, once
--
-- KEYS[1]  ft:{RUN}:meta
if meta.state then
	redis.call('HSET', META, 'announced', 1)
	keep(META)
end
return meta.state
