-- End a claim.
-- ARGV: id, token, kind (`released` lets the job wait again; any other ends it), data of the event as JSON
-- Returns 1, or 0 when the token does not hold the job any more: then nothing was done.
local id, token, kind, json = unpack(ARGV)
local holder, stop = unpack(redis.call('HMGET', job_key(id), 'token', 'stop'))
if holder ~= token then return 0 end
unlease(id)
if stop == 'withdrawn' then
  finish(id, stop, json)
elseif kind == 'released' then
  event(id, kind, json)
  give_back(id)
else
  finish(id, kind, json)
end
return 1
