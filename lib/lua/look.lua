-- look - a run at one moment, read only
--
-- KEYS[1]  ft:{RUN}:meta, and ids, queue, leases, done, workers
--
-- Returns now in ms, the tasks, how many wait, are leased, have a verdict, the
-- fields of meta, those of workers; nil without such a run.
if not meta.state then
	return nil
end
return {now, redis.call('LLEN', IDS), redis.call('ZCARD', QUEUE),
	redis.call('ZCARD', LEASES), redis.call('LLEN', DONE),
	redis.call('HGETALL', META), redis.call('HGETALL', WORKERS)}
