-- How claims end.

local CRASH_LIMIT = 3 -- deaths of a worker after which its job is not tried again

-- The claim of a job is over.
local function unlease(id)
  local name, lane = unpack(redis.call('HMGET', job_key(id), 'account', 'lane'))
  if lane then
    redis.call('SREM', 'jca:running:' .. account(name), id)
    redis.call('SREM', 'jca:running:' .. repository(lane), id)
  end
  redis.call('ZREM', 'jca:leases', id)
  redis.call('DEL', 'arq:in-progress:' .. id)
  redis.call('HDEL', job_key(id), 'token', 'worker')
end

-- Let a job whose claim is over wait again, unless it was to be stopped.
local function give_back(id)
  local stop = redis.call('HGET', job_key(id), 'stop')
  if stop then finish(id, stop, '{}') else put(id) end
end

-- Whether a claim is older than the opening of this server. Its lease may have ended because we were away, which is no
-- crash of a worker.
local function before_opening(token)
  local claimed_us = tonumber(string.match(token, ':(%d+)$'))
  return claimed_us < tonumber(redis.call('HGET', 'jca:open', 'since'))
end

-- The deaths of workers that ran this job, with the present one if it is one.
local function deaths(id, token, worker)
  local known = cjson.decode(redis.call('HGET', job_key(id), 'deaths') or '[]')
  if token and not before_opening(token) then
    known[#known + 1] = {worker = worker, at = now}
    redis.call('HSET', job_key(id), 'deaths', cjson.encode(known))
  end
  return known
end

-- Take away the leases that have ended: their workers died, or could not reach us.
local function sweep()
  if redis.call('EXISTS', 'jca:grace') == 1 then return end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'jca:leases', '-inf', now, 'LIMIT', 0, SWEEP)) do
    local token, worker, stop = unpack(redis.call('HMGET', job_key(id), 'token', 'worker', 'stop'))
    local known = deaths(id, token, worker)
    unlease(id)
    event(id, 'lost', cjson.encode({token = token, worker = worker, crashes = #known}))
    if #known >= CRASH_LIMIT and not stop then
      finish(id, 'crashed', cjson.encode({crashes = #known, worker = worker, deaths = known}))
    else
      give_back(id)
    end
  end
end
