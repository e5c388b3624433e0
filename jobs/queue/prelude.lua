-- What every script shares. All moments are this server's own, so that hosts whose clocks differ agree.
--
-- arq:queue                zset   every unfinished dispatch, by when it was enqueued (ms)
-- arq:job:<id>             string the work order as arq reads it
-- arq:in-progress:<id>     string the token that holds it, gone with its lease
-- jca:job:<id>             hash   account, lane, score; token and worker while it is claimed; crashes; cancel
-- jca:lane:<account>|<lane> zset  what waits in one lane, by score
-- jca:lanes:<account>      zset   the lanes of an account that are not empty, by the score of their first job
-- jca:waiting:<account>    zset   everything that waits for an account, by score: its rank is its place
-- jca:leases               zset   what is claimed, by when the lease ends (ms)
-- jca:grace                string while it exists, no lease is taken away
-- jca:events               stream every transition: d dispatch id, k kind, x data as JSON
-- jca:wake                 channel an account, `*` for all of them, or `!<id>` to stop a running job
--
-- A score is (9 - priority) * 1e12 + sequence: strictly by priority, then first come first served. It is given once,
-- so that a job that is claimed again returns to its old place.

local CRASH_LIMIT = 3 -- deaths of a worker after which its job is not tried again
local SWEEP = 100     -- leases taken away in one call, so that no call is long

local clock = redis.call('TIME')
local now_us = clock[1] * 1000000 + clock[2]
local now = math.floor(now_us / 1000)

local function job_key(id) return 'jca:job:' .. id end
local function lane_key(account, lane) return 'jca:lane:' .. account .. '|' .. lane end

local function event(id, kind, json) redis.call('XADD', 'jca:events', '*', 'd', id, 'k', kind, 'x', json) end

-- Keep the index of an account true after its lane has changed.
local function index(account, lane)
  local head = redis.call('ZRANGE', lane_key(account, lane), 0, 0, 'WITHSCORES')
  if head[1] then
    redis.call('ZADD', 'jca:lanes:' .. account, head[2], lane)
  else
    redis.call('ZREM', 'jca:lanes:' .. account, lane)
  end
end

-- Put a job into its lane, at the place its score gives it, and wake who could run it.
local function put(id)
  local account, lane, score = unpack(redis.call('HMGET', job_key(id), 'account', 'lane', 'score'))
  if not score then -- somebody has deleted the record: forget the rest, and the ledger dispatches it again
    redis.call('DEL', job_key(id))
    redis.call('ZREM', 'arq:queue', id)
    return
  end
  redis.call('ZADD', lane_key(account, lane), score, id)
  redis.call('ZADD', 'jca:waiting:' .. account, score, id)
  index(account, lane)
  redis.call('PUBLISH', 'jca:wake', account)
end

-- Take a job out of its lane.
local function take(id, account, lane)
  redis.call('ZREM', lane_key(account, lane), id)
  redis.call('ZREM', 'jca:waiting:' .. account, id)
  index(account, lane)
end

-- End a job: nothing of it stays but its last event.
local function finish(id, kind, json)
  redis.call('DEL', job_key(id), 'arq:job:' .. id, 'arq:retry:' .. id)
  redis.call('ZREM', 'arq:queue', id)
  event(id, kind, json)
end

-- The claim of a job is over.
local function unlease(id)
  redis.call('ZREM', 'jca:leases', id)
  redis.call('DEL', 'arq:in-progress:' .. id)
  redis.call('HDEL', job_key(id), 'token', 'worker')
end

-- Let a job whose claim is over wait again, unless it was cancelled meanwhile.
local function give_back(id)
  if redis.call('HEXISTS', job_key(id), 'cancel') == 1 then
    finish(id, 'cancelled', '{}')
  else
    put(id)
  end
end

-- Whether a claim is older than this run of the server. Its lease may have ended because we were away, which is no
-- crash of a worker. INFO counts whole seconds, so a claim of the very first one may be taken for an older one.
local function before_our_start(token)
  local uptime = tonumber(string.match(redis.call('INFO', 'server'), 'uptime_in_seconds:(%d+)'))
  local claimed_us = tonumber(string.match(token or '', ':(%d+)$') or 0)
  return claimed_us < now_us - uptime * 1000000
end

-- Take away the leases that have ended: their workers died, or could not reach us.
local function sweep()
  if redis.call('EXISTS', 'jca:grace') == 1 then return end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'jca:leases', '-inf', now, 'LIMIT', 0, SWEEP)) do
    local token, worker = unpack(redis.call('HMGET', job_key(id), 'token', 'worker'))
    local crashes = redis.call('HINCRBY', job_key(id), 'crashes', before_our_start(token) and 0 or 1)
    unlease(id)
    event(id, 'lost', cjson.encode({token = token, worker = worker, crashes = crashes}))
    if crashes >= CRASH_LIMIT then
      finish(id, 'crashed', cjson.encode({crashes = crashes, worker = worker}))
    else
      give_back(id)
    end
  end
end
