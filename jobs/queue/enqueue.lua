-- Let a dispatch wait in its lane.
-- ARGV: id, work order as arq reads it, account, model, lane, priority 0..9, since when it waits (us) or nothing for
-- now, when it is due (ms) or 0
-- Returns 1, or 0 when this id already waits or runs.
local id, order, name, model, lane, priority, since, due = unpack(ARGV)
local HOUR = 3600 * 1000000 -- us of waiting that a step of priority is worth

-- Moments that are given here are never the same, so that equals start in the order they came.
local function this_moment()
  local moment = math.max(now_us, tonumber(redis.call('GET', 'jca:sequence') or 0) + 1)
  redis.call('SET', 'jca:sequence', whole(moment))
  return moment
end

if redis.call('EXISTS', job_key(id)) == 1 then return 0 end
local score = (tonumber(since) or this_moment()) - priority * HOUR
redis.call('SET', 'arq:job:' .. id, order) -- without expiry: a job may wait for its provider over a weekend
redis.call('ZADD', 'arq:queue', now, id)
redis.call('HSET', job_key(id), 'account', name, 'model', model, 'lane', lane, 'score', whole(score))
event(id, 'queued', cjson.encode({account = name}))
if tonumber(due) > now then redis.call('ZADD', 'jca:later', due, id) else put(id) end
return 1
