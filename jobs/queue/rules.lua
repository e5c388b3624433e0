-- Whether anything may be claimed: the server is open, the subject is not held, its limit is not reached.

local function run_id() return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') end

-- Whether this server, in this run, was opened. After a restart, a failover, a restored backup or an emptied database
-- it was not, and what is here may disagree with the ledger.
local function is_open()
  local opened = redis.call('HGET', 'jca:open', 'run_id')
  return opened and opened == run_id()
end

-- The subjects that are held now, and when the next of these holds ends by itself (us).
local function held_now()
  local held, next_end = {}, nil
  local kept = redis.call('HGETALL', 'jca:holds')
  for position = 1, #kept, 2 do
    local ends = tonumber(kept[position + 1])
    if ends == 0 or ends > now_us then held[kept[position]] = true end
    if ends > now_us then next_end = math.min(next_end or ends, ends) end
  end
  return held, next_end
end

-- Whether as many jobs of a subject are claimed as may be.
local function is_full(subject)
  local limit = tonumber(redis.call('HGET', 'jca:limits', subject) or nil)
  return limit and redis.call('SCARD', 'jca:running:' .. subject) >= limit
end
