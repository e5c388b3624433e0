-- Renew the leases of one worker.
-- ARGV: lease in ms, 1 when the worker had no contact for a while, (id, token)...
-- Returns {tokens that hold nothing any more, tokens whose run is to stop}.
local lease = tonumber(ARGV[1])
-- The worker that comes back first cannot know who else was cut off: for one lease, everybody may renew.
if ARGV[2] == '1' then redis.call('SET', 'jca:grace', '1', 'PX', lease) end
local lost, stopped = {}, {}
for position = 3, #ARGV, 2 do
  local id, token = ARGV[position], ARGV[position + 1]
  if redis.call('HGET', job_key(id), 'token') ~= token then
    lost[#lost + 1] = token
  else
    redis.call('ZADD', 'jca:leases', now + lease, id)
    redis.call('SET', 'arq:in-progress:' .. id, token, 'PX', lease)
    if redis.call('HEXISTS', job_key(id), 'stop') == 1 then stopped[#stopped + 1] = token end
  end
end
return {lost, stopped}
