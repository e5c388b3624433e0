-- Cancel a dispatch: at once where it waits, by telling its worker where it runs.
-- ARGV: id
-- Returns `cancelled`, `stopping` or `unknown`.
local id = ARGV[1]
sweep() -- what a dead worker held waits again, and can be cancelled without any worker
local account, lane, token = unpack(redis.call('HMGET', job_key(id), 'account', 'lane', 'token'))
if not account then return 'unknown' end
if token then
  redis.call('HSET', job_key(id), 'cancel', '1') -- read again with every renewal, should the message get lost
  redis.call('PUBLISH', 'jca:wake', '!' .. id)
  return 'stopping'
end
take(id, account, lane)
finish(id, 'cancelled', '{}')
return 'cancelled'
