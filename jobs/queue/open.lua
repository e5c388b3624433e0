-- Let jobs be claimed on this server.
-- ARGV: run id
-- Returns 1, or 0 when this is another server: then nothing was done.
local GRACE = 5000 -- ms; workers that noticed an outage try again twice a second, however long their leases are
if run_id() ~= ARGV[1] then return 0 end
if is_open() then return 1 end
redis.call('HSET', 'jca:open', 'run_id', ARGV[1], 'since', whole(now_us))
if redis.call('EXISTS', 'jca:leases') == 1 and redis.call('PTTL', 'jca:grace') < GRACE then
  redis.call('SET', 'jca:grace', '1', 'PX', GRACE)
end
redis.call('PUBLISH', 'jca:wake', '*')
return 1
