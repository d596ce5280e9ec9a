-- beat - the holder of a task is alive: renew its lease
--
-- KEYS[1]  ft:{RUN}:meta, and leases, queue, workers, bell:INSTANCE, task:ID
-- ARGV[1]  id
-- ARGV[2]  token
-- ARGV[3]  instance, which the token names
-- ARGV[4]  when the attempt started, in ms
-- ARGV[5]  slot
--
-- Returns held, or stale, the run's view and the fields of the task; nil
-- without such a task.
-- Model: Beat.
local BELL_MAX = 64         -- notes at which stops are not repeated
local id, token, instance = ARGV[1], ARGV[2], ARGV[3]
local key = task_key(id)
local t = fields(id, 'lease', 'lease_ms', 'worker', 'record', 'spared',
	'silent_ms')
local me = instance_of(instance)

local function beat()
	if not t.record then
		return nil
	end
	if me then
		hear(me.worker)
		set_instance(instance, me)
	end
	if t.lease ~= token or meta.over then
		if me and me.mode == 'f' and
			redis.call('LLEN', own_bell(instance)) < BELL_MAX then
			tell(instance, note('stop', token, id))
		end
		return {'stale', view(), state_of(id)}
	end
	speak_up(id, t.spared, t.silent_ms)
	redis.call('ZADD', LEASES, int(now + t.lease_ms), id)
	redis.call('HSET', key, 'started_ms', ARGV[4], 'slot', ARGV[5])
	keep(key)
	keep(LEASES)
	return {'held'}
end

return settle(beat())
