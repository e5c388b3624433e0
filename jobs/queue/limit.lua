-- Replace all limits.
-- ARGV: (subject, how many at once)...

-- Forget what is not claimed any more: a record that somebody deleted could not say what it counted for.
local function recount(subject)
  local running = 'jca:running:' .. subject
  for _, id in ipairs(redis.call('SMEMBERS', running)) do
    if not redis.call('ZSCORE', 'jca:leases', id) then redis.call('SREM', running, id) end
  end
end

local before = redis.call('HGETALL', 'jca:limits')
local kept, same = {}, #before == #ARGV
for position = 1, #before, 2 do kept[before[position]] = before[position + 1] end
for position = 1, #ARGV, 2 do
  recount(ARGV[position])
  same = same and kept[ARGV[position]] == ARGV[position + 1]
end
if same then return end
redis.call('DEL', 'jca:limits')
for position = 1, #ARGV, 2 do redis.call('HSET', 'jca:limits', ARGV[position], ARGV[position + 1]) end
redis.call('PUBLISH', 'jca:wake', '*')
