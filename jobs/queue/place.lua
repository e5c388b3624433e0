-- Where dispatches are.
-- ARGV: id...
-- Returns {state, position, account, ...}; positions count from 1 within an account, 0 where nothing is waited for.
local places = {}
local function add(state, position, account)
  places[#places + 1] = state
  places[#places + 1] = position
  places[#places + 1] = account
end
for _, id in ipairs(ARGV) do
  local account, token = unpack(redis.call('HMGET', job_key(id), 'account', 'token'))
  if not account then
    add('gone', 0, '')
  elseif token then
    add('running', 0, account)
  else
    add('queued', (redis.call('ZRANK', 'jca:waiting:' .. account, id) or 0) + 1, account)
  end
end
return places
