-- Where dispatches are.
-- ARGV: id...
-- Returns {state, position, account, ...}; positions count from 1 within an account, 0 where no turn is waited for.
promote()
local places = {}
local function add(state, position, name)
  for _, word in ipairs({state, position, name}) do places[#places + 1] = word end
end
for _, id in ipairs(ARGV) do
  local name, token = unpack(redis.call('HMGET', job_key(id), 'account', 'token'))
  local rank = name and redis.call('ZRANK', 'jca:waiting:' .. name, id)
  if not name then
    add('gone', 0, '')
  elseif token then
    add('running', 0, name)
  elseif rank then
    add('queued', rank + 1, name)
  else
    add('delayed', 0, name)
  end
end
return places
