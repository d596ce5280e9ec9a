-- look - a run at one moment, read only
--
-- KEYS[1]  ft:{RUN}:meta, and ids, queue, leases, done, workers
--
-- Returns now in ms, the tasks, how many wait, are leased, have a verdict, the
-- fields of meta, those of workers; nil without such a run. Void leases are
-- none: their tasks wait.
if not meta.state then
	return nil
end
local waiting = redis.call('ZCARD', QUEUE)
local leased = redis.call('ZCARD', LEASES)
if meta.over then
	waiting, leased = waiting + leased, 0
end
return {now, redis.call('LLEN', IDS), waiting, leased, redis.call('LLEN', DONE),
	redis.call('HGETALL', META), redis.call('HGETALL', WORKERS)}
