-- announced - the run has become the current one, once
--
-- KEYS[1]  ft:{RUN}:meta
--
-- Returns the state, nil without such a run.
if meta.state then
	set_meta('announced', 1)
end
return settle(meta.state)
