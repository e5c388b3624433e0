-- What every script shares. All moments are this server's own, so that hosts whose clocks differ agree.
--
-- arq:queue                zset   every unfinished dispatch, by when it was enqueued (ms)
-- arq:job:<id>             string the work order as arq reads it
-- arq:in-progress:<id>     string the token that holds it, gone with its lease
-- jca:job:<id>             hash   account, model, lane, score; token and worker while it is claimed; deaths as JSON;
--                                 stop: `cancelled` or `withdrawn`, what it ends as once its worker lets go of it
-- jca:lane:<offer>|<lane>  zset   what waits in one lane, by score. An offer is `<account>|<model>`, which no account
--                                 contains a | of; a lane is `<version of the order>|<repository>`
-- jca:lanes:<offer>        zset   the lanes of an offer that are not empty, by the score of their first job
-- jca:wanted               set    the offers that have such a lane
-- jca:waiting:<account>    zset   everything that waits for an account, by score: its rank is its place
-- jca:later                zset   what is put off, by when it is due (ms); it is in no lane until then
-- jca:leases               zset   what is claimed, by when the lease ends (ms)
-- jca:running:<subject>    set    what is claimed of `account:<name>` and of `repository:<alias>`
-- jca:limits               hash   by subject: how many of it may be claimed at once
-- jca:holds                hash   by subject, `*` for everything: until when nothing of it is claimed (us), 0 for ever
-- jca:open                 hash   run_id: the server that was opened; since when (us)
-- jca:grace                string while it exists, no lease is taken away
-- jca:sequence, jca:fence  string the last moment that was given as a place, or in a token (us)
-- jca:events               stream every transition: d dispatch id, k kind, x data as JSON
-- jca:wake                 channel an account, `*` for all of them, or `!<id>` to stop a running job
--
-- A score is the moment since which the job waits (us), less an hour for each step of its priority: the smallest is
-- next, and nothing waits for ever. It is given once, so that a job that is claimed again returns to its old place.

local SWEEP = 100 -- jobs that time alone moves in one call, so that no call is long

local clock = redis.call('TIME')
local now_us = clock[1] * 1000000 + clock[2]
local now = math.floor(now_us / 1000)

local function job_key(id) return 'jca:job:' .. id end
local function repository(lane) return 'repository:' .. string.match(lane, '|(.*)$') end
local function account(name) return 'account:' .. name end
local function whole(number) return string.format('%.0f', number) end -- Lua itself writes 1.7e+15

local function event(id, kind, json) redis.call('XADD', 'jca:events', '*', 'd', id, 'k', kind, 'x', json) end

-- Nothing of a job stays.
local function forget(id)
  redis.call('DEL', job_key(id), 'arq:job:' .. id, 'arq:retry:' .. id)
  redis.call('ZREM', 'arq:queue', id)
end

-- End a job: nothing of it stays but its last event.
local function finish(id, kind, json)
  forget(id)
  event(id, kind, json)
end
