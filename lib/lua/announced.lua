-- announced - the run has become the current one, once
--
-- KEYS[1]  ft:{RUN}:meta
--
-- Returns the state, nil without such a run.
if meta.state then
	redis.call('HSET', META, 'announced', 1)
	keep(META)
end
return meta.state
