-- End a dispatch: at once where it waits, by telling its worker where it runs.
-- ARGV: id, what it ends as: `cancelled`, or `withdrawn`, which counts more and of which no event tells where it waited
-- Returns that word, `stopping` or `unknown`.
local id, stop = unpack(ARGV)
if is_open() then sweep() end -- what a dead worker held waits again, and can be ended without any worker
local name, token = unpack(redis.call('HMGET', job_key(id), 'account', 'token'))
if not name then return 'unknown' end
if token then
  -- Read again with every renewal, should the message get lost.
  redis.call(stop == 'withdrawn' and 'HSET' or 'HSETNX', job_key(id), 'stop', stop)
  redis.call('PUBLISH', 'jca:wake', '!' .. id)
  return 'stopping'
end
take(id)
if stop == 'withdrawn' then forget(id) else finish(id, stop, '{}') end
return stop
