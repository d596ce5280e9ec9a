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
	set_meta('state', 'sealed')
end
over()
return settle({meta.state, redis.call('LLEN', IDS),
	redis.call('HEXISTS', META, 'announced')})
