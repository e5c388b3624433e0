-- Let a dispatch wait in its lane.
-- ARGV: id, work order as arq reads it, account, lane, priority 0..9
-- Returns 1, or 0 when this id already waits or runs.
local id, order, account, lane, priority = unpack(ARGV)
if redis.call('EXISTS', job_key(id)) == 1 then return 0 end
local score = (9 - priority) * 1e12 + redis.call('INCR', 'jca:sequence')
redis.call('SET', 'arq:job:' .. id, order) -- without expiry: a job may wait for its provider over a weekend
redis.call('ZADD', 'arq:queue', now, id)
redis.call('HSET', job_key(id), 'account', account, 'lane', lane, 'score', string.format('%.0f', score))
event(id, 'queued', cjson.encode({account = account}))
put(id)
return 1
