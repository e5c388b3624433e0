-- Claim the next jobs of the accounts that are ready at one worker, after taking away leases that have ended.
-- ARGV: worker, lease in ms, free slots, newest version of an order the worker understands, account...
-- Returns {ms until the next lease ends or -1, {id, token, ms when it was enqueued, ...}}.
local worker, lease, free, version = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

-- The first lane of an account whose orders this worker understands; a lane is named `<version>|<repository>`.
local function first_lane(account)
  local position = 0
  while true do
    local found = redis.call('ZRANGE', 'jca:lanes:' .. account, position, position, 'WITHSCORES')
    if not found[1] then return nil, nil end
    if tonumber(string.match(found[1], '^%d+')) <= version then return found[1], tonumber(found[2]) end
    position = position + 1
  end
end

-- Tokens only ever grow, also across a loss of all state: no claim is mistaken for a later one of the same worker.
local function next_token()
  local fence = math.max(now_us, tonumber(redis.call('GET', 'jca:fence') or 0) + 1)
  redis.call('SET', 'jca:fence', string.format('%.0f', fence))
  return worker .. ':' .. string.format('%.0f', fence)
end

local function hold(id)
  local token = next_token()
  redis.call('HSET', job_key(id), 'token', token, 'worker', worker)
  redis.call('ZADD', 'jca:leases', now + lease, id)
  redis.call('SET', 'arq:in-progress:' .. id, token, 'PX', lease)
  event(id, 'claimed', cjson.encode({token = token, worker = worker}))
  return token
end

sweep()
local claimed = {}
while #claimed < 3 * free do
  local account, lane, score
  for position = 5, #ARGV do
    local candidate, its_score = first_lane(ARGV[position])
    if candidate and (not score or its_score < score) then
      account, lane, score = ARGV[position], candidate, its_score
    end
  end
  if not account then break end
  local id = redis.call('ZRANGE', lane_key(account, lane), 0, 0)[1]
  take(id, account, lane)
  claimed[#claimed + 1] = id
  claimed[#claimed + 1] = hold(id)
  claimed[#claimed + 1] = redis.call('ZSCORE', 'arq:queue', id) or '0'
end

local due = -1
local next_lease = redis.call('ZRANGE', 'jca:leases', 0, 0, 'WITHSCORES')
if next_lease[2] then due = math.max(next_lease[2] - now + 1, redis.call('PTTL', 'jca:grace'), 0) end
return {due, claimed}
