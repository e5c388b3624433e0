-- Put off what waits, or bring it back.
-- ARGV: until when (ms) or 0 to bring it back, id...
-- Returns how many were put off or brought back; nobody is brought forward by being put off again.
local due, moved = tonumber(ARGV[1]), 0
for position = 2, #ARGV do
  local id = ARGV[position]
  local name, token = unpack(redis.call('HMGET', job_key(id), 'account', 'token'))
  local later = redis.call('ZSCORE', 'jca:later', id)
  if due == 0 and later then
    redis.call('ZREM', 'jca:later', id)
    put(id)
    moved = moved + 1
  elseif due > 0 and name and not token then
    take(id)
    redis.call('ZADD', 'jca:later', math.max(due, tonumber(later or 0)), id)
    moved = moved + 1
  end
end
return moved
