-- Publish what one worker can run, and forget the workers that have gone quiet.
-- ARGV: worker, record as JSON, ms it counts
local worker, record, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3])
local key = 'jca:worker:' .. worker
local news = redis.call('GET', key) ~= record
redis.call('SET', key, record, 'PX', ttl)
redis.call('ZADD', 'jca:workers', now + ttl, worker)
redis.call('ZREMRANGEBYSCORE', 'jca:workers', '-inf', now)
if news then redis.call('PUBLISH', 'jca:wake', '*') end
