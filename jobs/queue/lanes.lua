-- How jobs come into their lanes and out of them.

local function lane_key(offer, lane) return 'jca:lane:' .. offer .. '|' .. lane end

-- Keep the index of an offer true after one of its lanes has changed.
local function index(offer, lane)
  local lanes = 'jca:lanes:' .. offer
  local head = redis.call('ZRANGE', lane_key(offer, lane), 0, 0, 'WITHSCORES')
  if head[1] then
    redis.call('ZADD', lanes, head[2], lane)
    redis.call('SADD', 'jca:wanted', offer)
  else
    redis.call('ZREM', lanes, lane)
    if redis.call('EXISTS', lanes) == 0 then redis.call('SREM', 'jca:wanted', offer) end
  end
end

-- Put a job into its lane, at the place its score gives it, and wake who could run it.
local function put(id)
  local name, model, lane, score = unpack(redis.call('HMGET', job_key(id), 'account', 'model', 'lane', 'score'))
  if not score then return forget(id) end -- somebody has deleted the record: the ledger dispatches it again
  local offer = name .. '|' .. model
  redis.call('ZADD', lane_key(offer, lane), score, id)
  redis.call('ZADD', 'jca:waiting:' .. name, score, id)
  index(offer, lane)
  redis.call('PUBLISH', 'jca:wake', name)
end

-- Take a job out of its lane, or from what is put off.
local function take(id)
  local name, model, lane = unpack(redis.call('HMGET', job_key(id), 'account', 'model', 'lane'))
  local offer = name .. '|' .. model
  redis.call('ZREM', lane_key(offer, lane), id)
  redis.call('ZREM', 'jca:waiting:' .. name, id)
  redis.call('ZREM', 'jca:later', id)
  index(offer, lane)
end

-- Let what is due wait for its turn.
local function promote()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'jca:later', '-inf', now, 'LIMIT', 0, SWEEP)) do
    redis.call('ZREM', 'jca:later', id)
    put(id)
  end
end
