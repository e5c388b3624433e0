-- Claim the next jobs of what one worker offers, after taking away leases that have ended. While the server is not
-- open nothing is claimed or taken away: the leases that ended may be those of a lost state.
-- ARGV: worker, lease in ms, free slots, newest version of an order the worker understands, (account, model)...
-- Returns {ms until there may be more or -1, {id, token, ms when it was enqueued, ...}}.
if not is_open() then return {-1, {}} end
local worker, lease, free, version = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
sweep()
promote()
local held, hold_ends = held_now()

local function is_shut(subject) return held[subject] or is_full(subject) end

-- The first lane of an offer from which this worker may claim, and the score of its first job.
local function first_lane(name, model)
  if is_shut(account(name)) then return nil, nil end
  local position = 0
  while true do
    local found = redis.call('ZRANGE', 'jca:lanes:' .. name .. '|' .. model, position, position, 'WITHSCORES')
    local lane, score = found[1], tonumber(found[2])
    if not lane then return nil, nil end
    if tonumber(string.match(lane, '^%d+')) <= version and not is_shut(repository(lane)) then return lane, score end
    position = position + 1
  end
end

-- The job whose turn it is among all that is offered.
local function next_job()
  local best, offer, lane
  for position = 5, #ARGV, 2 do
    local candidate, score = first_lane(ARGV[position], ARGV[position + 1])
    if candidate and (not best or score < best) then
      best, offer, lane = score, ARGV[position] .. '|' .. ARGV[position + 1], candidate
    end
  end
  return best and redis.call('ZRANGE', lane_key(offer, lane), 0, 0)[1]
end

-- Tokens only ever grow, also across a loss of all state: no claim is mistaken for a later one of the same worker.
local function next_token()
  local fence = math.max(now_us, tonumber(redis.call('GET', 'jca:fence') or 0) + 1)
  redis.call('SET', 'jca:fence', whole(fence))
  return worker .. ':' .. whole(fence)
end

local function grant(id)
  local token = next_token()
  local name, lane = unpack(redis.call('HMGET', job_key(id), 'account', 'lane'))
  take(id)
  redis.call('HSET', job_key(id), 'token', token, 'worker', worker)
  redis.call('SADD', 'jca:running:' .. account(name), id)
  redis.call('SADD', 'jca:running:' .. repository(lane), id)
  redis.call('ZADD', 'jca:leases', now + lease, id)
  redis.call('SET', 'arq:in-progress:' .. id, token, 'PX', lease)
  event(id, 'claimed', cjson.encode({token = token, worker = worker}))
  return token
end

local claimed = {}
while #claimed < 3 * free and not held['*'] do
  local id = next_job()
  if not id then break end
  local token, enqueued_at = grant(id), redis.call('ZSCORE', 'arq:queue', id) or '0'
  for _, word in ipairs({id, token, enqueued_at}) do claimed[#claimed + 1] = word end
end

local due = hold_ends and math.ceil((hold_ends - now_us) / 1000) or math.huge
local lease_ends = redis.call('ZRANGE', 'jca:leases', 0, 0, 'WITHSCORES')[2]
if lease_ends then due = math.min(due, math.max(lease_ends - now + 1, redis.call('PTTL', 'jca:grace'))) end
local later = redis.call('ZRANGE', 'jca:later', 0, 0, 'WITHSCORES')[2]
if later then due = math.min(due, later - now) end
return {due < math.huge and math.max(due, 0) or -1, claimed}
