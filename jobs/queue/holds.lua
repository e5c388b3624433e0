-- What is held, without the holds that have ended.
-- Returns {subject, until when (us) or 0, ...}.
local held = held_now()
for _, subject in ipairs(redis.call('HKEYS', 'jca:holds')) do
  if not held[subject] then redis.call('HDEL', 'jca:holds', subject) end
end
return redis.call('HGETALL', 'jca:holds')
