-- cancel - what waits shall not run; it reads cancelled from now on
--
-- KEYS[1]  ft:{RUN}:meta
--
-- Returns the state, nil without such a run. Model: Cancel.
if not meta.state then
	return nil
end
if meta.state ~= 'finished' then
	set_meta('state', 'cancelled')
	ring()
	over()
end
return settle(meta.state)
