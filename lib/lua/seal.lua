-- seal - no more tasks will come
--
-- KEYS[1]  ft:{RUN}:meta
--
-- Returns the state, the number of tasks and whether the run has been
-- announced (1 or 0); nil without such a run. Model: Seal.
if not meta.state then
	return nil
end
if meta.state == 'open' then
	redis.call('HSET', META, 'state', 'sealed')
	meta.state = 'sealed'
end
keep(META)
over()
return {meta.state, redis.call('LLEN', IDS),
	redis.call('HEXISTS', META, 'announced')}
