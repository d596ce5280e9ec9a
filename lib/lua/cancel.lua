-- cancel - what waits shall not run; it reads cancelled from now on
--
-- KEYS[1]  ft:{RUN}:meta
--
-- Returns the state, nil without such a run. Model: Cancel.
if not meta.state then
	return nil
end
if meta.state ~= 'finished' then
	redis.call('HSET', META, 'state', 'cancelled')
	meta.state = 'cancelled'
	ring()
	over()
end
keep(META)
return meta.state
