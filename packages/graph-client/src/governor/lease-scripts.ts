/**
 * What Redis does for the fleet (docs/adr/0008-permit-leases.md). One value a scope: what was used in each slice of its windows, what each
 * process holds, the slots in flight, the end of a rest, what was learned. Time is Redis's own, so nobody's clock matters.
 */
export interface Script {
  readonly name: string;
  readonly lua: string;
}

/** Forgets the scope's lost holders and leaves its state in `s`; every script that touches a scope begins with it. */
const prelude = `
local req = cjson.decode(ARGV[1])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local slices = 100
local function load(key)
  local raw = redis.call('GET', key)
  return raw and cmsgpack.unpack(raw) or { w = {}, p = {}, st = {} }
end
local function add(w, amount, at)
  if amount <= 0 then return end
  local slice = math.floor(at / (w.ms / slices))
  w.s[slice] = (w.s[slice] or 0) + amount
end
local function used(w)
  local sum = 0
  for slice, amount in pairs(w.s) do
    if (slice + 1) * (w.ms / slices) + w.ms <= now then w.s[slice] = nil else sum = sum + amount end
  end
  return sum
end
local function bury(s, but)
  -- What a lost process held may have been used until its lease ended, and counts from then on.
  for pid, p in pairs(s.p) do
    if pid ~= but and p.exp <= now then
      for name, held in pairs(p.h) do if s.w[name] then add(s.w[name], held, p.exp) end end
      s.p[pid] = nil
    end
  end
end
local function note(s, requests, refused, waited)
  local minute = math.floor(now / 60000)
  for m in pairs(s.st) do if m <= minute - 15 then s.st[m] = nil end end
  local c = s.st[minute] or { r = 0, t = 0, w = {} }
  s.st[minute] = c
  c.r = c.r + requests
  c.t = c.t + refused
  for workload, ms in pairs(waited) do c.w[workload] = (c.w[workload] or 0) + ms end
end
local function store(s, key)
  local keep = 900000
  for _, w in pairs(s.w) do keep = math.max(keep, w.ms * 1.02) end
  if s.rest then keep = math.max(keep, s.rest - now) end
  redis.call('SET', key, cmsgpack.pack(s), 'PX', math.ceil(keep + 60000))
end
`;

/** A process is there (or is back). KEYS: epoch, members. Answers the epoch, how long nothing is lent yet, and how many processes there are. */
export const helloScript: Script = {
  name: 'hello',
  lua: `${prelude}
local known = redis.call('HMGET', KEYS[1], 'id', 'settle')
local id, settle = known[1], tonumber(known[2] or '0')
if not id then id = t[1] .. '.' .. t[2] .. '.' .. req.pid end
if not known[1] or req.back then
  settle = math.max(settle, now + req.settleMs)
  redis.call('HSET', KEYS[1], 'id', id, 'settle', settle)
end
redis.call('ZADD', KEYS[2], now + req.aliveMs, req.pid)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
return cjson.encode({ epoch = id, settle = math.max(0, settle - now), members = redis.call('ZCARD', KEYS[2]) })
`,
};

/** A process leaves in order. KEYS: members. */
export const leaveScript: Script = { name: 'leave', lua: `redis.call('ZREM', KEYS[1], cjson.decode(ARGV[1]).pid) return ''` };

/**
 * A process tells what it used and holds of one scope, and asks for more. KEYS: epoch, scope, the tenant's scopes.
 * Blocks go to whoever is behind among those that are short, as in FairQueue; slots are divided by weight, what does not divide goes round.
 */
export const exchangeScript: Script = {
  name: 'exchange',
  lua: `${prelude}
local known = redis.call('HMGET', KEYS[1], 'id', 'settle')
local settle = math.max(0, tonumber(known[2] or '0') - now)
if known[1] ~= req.epoch then return cjson.encode({ stale = true, epoch = known[1] or '', settle = settle }) end
local s = load(KEYS[2])
bury(s, req.pid)
local me = s.p[req.pid] or { h = {}, v = {}, short = {}, slots = 0, vs = -1, at = now }
s.p[req.pid] = me
me.exp = now + req.leaseMs
me.f = req.flows
local sharers = {}
for _, p in pairs(s.p) do for flow in pairs(p.f) do sharers[flow] = (sharers[flow] or 0) + 1 end end
local function weight(p)
  local sum = 0
  for flow, each in pairs(p.f) do sum = sum + each / sharers[flow] end
  return math.max(sum, 0.001)
end
local mine = weight(me)

-- What was learned, a little better with every while without a refusal, also when nobody asked meanwhile.
local function steps(since) return math.floor((now - since) / req.recoverMs) end
if s.pace and steps(s.paceAt) > 0 then
  s.pace = s.pace + 0.05 * steps(s.paceAt)
  s.paceAt = now
  if s.pace >= 1 then s.pace = nil end
end

local answer = { epoch = known[1], settle = settle, rest = math.max(0, (s.rest or 0) - now), pace = s.pace or 1, windows = {}, contended = false }

for i, r in ipairs(req.windows) do
  local w = s.w[r.n]
  if not w or w.ms ~= r.ms then
    w = { ms = r.ms, s = {} }
    s.w[r.n] = w
  end
  w.max = r.max
  for _, past in ipairs(r.past) do add(w, past[2], now - past[1]) end
  me.h[r.n] = r.have
  local held = 0
  for _, p in pairs(s.p) do held = held + (p.h[r.n] or 0) end
  local spent = used(w)
  local max = r.max * (s.pace or 1)
  if r.beyond then
    w.beyond = r.beyond[1]
    w.beyondUntil = now + r.beyond[2]
  end
  local beyond, beyondMs = 0, (w.beyondUntil or 0) - now
  if beyondMs > 0 then beyond = w.beyond end
  local free = max - spent - held - beyond
  local need = math.min(r.need, math.floor(max))
  if spent + held + beyond == 0 and max > 0 then free = math.max(free, need) end
  -- What may go now: all that is free, or half of the window and then little more than what comes back in this time.
  local now_free, at_once, pace = free, free, nil
  if r.even and max > 0 then
    pace = 1.1 * max / w.ms
    w.paced = math.min(math.max(max / 25, need), (w.paced or 0) + (now - (w.pacedAt or now)) * pace)
    w.pacedAt = now
    at_once = math.max(0, max / 2 - spent - held - beyond)
    now_free = math.min(free, at_once + w.paced)
  end
  local got, wait = 0, 0
  local patience = math.max(200, 3 * w.ms / slices)
  if r.want > 0 and settle == 0 then
    local behind, sum = nil, mine
    for pid, p in pairs(s.p) do
      if pid ~= req.pid and (p.short[r.n] or 0) > now then
        local v = p.v[r.n] or 0
        if behind == nil or v < behind then behind = v end
        sum = sum + weight(p)
      end
    end
    -- One share of a slice ahead of the others is near enough.
    local ahead = 1 / slices
    if (me.short[r.n] or 0) <= now then me.v[r.n] = behind or 0 end
    local short = false
    if free < need or free < 1 then
      short = true
      local lack = math.max(need, 1) - free
      local order = {}
      for slice in pairs(w.s) do order[#order + 1] = slice end
      table.sort(order)
      wait = math.min(1000, math.max(20, w.ms / 50))
      for _, slice in ipairs(order) do
        lack = lack - w.s[slice]
        if lack <= 0 then
          wait = math.max(1, (slice + 1) * (w.ms / slices) + w.ms - now)
          break
        end
      end
      if beyond > 0 then wait = math.min(wait, beyondMs) end
      -- What others hold may come back sooner.
      if held > r.have then wait = math.min(wait, 1000) end
    elseif now_free < math.max(need, 1) then
      short = true
      wait = math.max(1, (math.min(r.want, math.max(need, max / 200)) - now_free) / pace)
    elseif behind and me.v[r.n] > behind + ahead then
      short = true
      wait = math.min(100, math.max(5, w.ms / 2000))
    else
      got = math.min(r.want, math.floor(now_free))
      if behind then
        got = math.min(got, math.max(need, math.floor(now_free * mine / sum)))
        me.v[r.n] = me.v[r.n] + got / max / mine
      end
      short = got < r.want
      if pace then
        w.paced = w.paced - math.max(0, got - at_once)
        if short then wait = max / 200 / pace end
      end
    end
    if short then
      me.short[r.n] = now + patience
      answer.contended = true
    end
    if behind then answer.contended = true end
  elseif r.want > 0 then
    wait = settle
  end
  me.h[r.n] = r.have + got
  answer.windows[i] = { got = got, wait = math.ceil(wait), counted = spent + held - r.have }
end

if req.slots then
  local q = req.slots
  if s.level and steps(s.levelAt) > 0 then
    s.level = s.level + q.step * steps(s.levelAt)
    s.levelAt = now
  end
  if q.slow and now - (s.levelAt or 0) >= 10000 then
    s.level = math.max(1, math.ceil(q.max / 2), (s.level or q.max) - 1)
    s.levelAt = now
  end
  if s.level and s.level >= q.max then s.level = nil end
  local level = math.min(q.max, s.level or q.max)
  s.slots = q.max
  -- Slots held are paid for by time, so that what does not divide evenly goes round.
  local least = nil
  for pid, p in pairs(s.p) do
    if p.slots > 0 then p.vs = p.vs + p.slots * (now - p.at) / weight(p) end
    p.at = now
    if pid ~= req.pid and p.vs >= 0 and (p.want or 0) > 0 and (least == nil or p.vs < least) then least = p.vs end
  end
  if me.vs < 0 or (me.want or 0) == 0 then me.vs = math.max(me.vs, least or 0) end
  me.want = q.want
  me.slots = q.have
  local ask = {}
  for pid, p in pairs(s.p) do if (p.want or 0) > 0 then ask[#ask + 1] = { pid = pid, p = p, want = p.want, w = weight(p), got = 0 } end end
  table.sort(ask, function(a, b) if a.p.vs ~= b.p.vs then return a.p.vs < b.p.vs end return a.pid < b.pid end)
  local left, open = level, #ask
  repeat
    local total, given = 0, false
    for _, a in ipairs(ask) do if a.got < a.want then total = total + a.w end end
    local round = left
    for _, a in ipairs(ask) do
      if a.got < a.want then
        local part = math.min(a.want - a.got, math.floor(round * a.w / total))
        if part > 0 then
          a.got = a.got + part
          left = left - part
          given = true
        end
      end
    end
    if not given then
      for _, a in ipairs(ask) do
        if left > 0 and a.got < a.want then
          a.got = a.got + 1
          left = left - 1
          given = true
        end
      end
    end
  until left <= 0 or not given
  local target, others, wanted = 0, 0, 0
  for _, a in ipairs(ask) do
    wanted = wanted + a.want
    if a.pid == req.pid then target = a.got end
  end
  for pid, p in pairs(s.p) do if pid ~= req.pid then others = others + p.slots end end
  local cap = math.max(0, math.min(target, level - others))
  if settle > 0 then cap = math.min(cap, q.have) end
  -- Until this answer has arrived the process may use what it had.
  me.slots = math.max(cap, q.have)
  answer.slots = cap
  answer.level = level
  if wanted > level then answer.contended = true end
end

note(s, req.requests, 0, req.waited)
if req.leave then s.p[req.pid] = nil end
s.d = req.about
store(s, KEYS[2])
redis.call('ZADD', KEYS[3], now, req.key)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - 900000)
redis.call('PEXPIRE', KEYS[3], 960000)
return cjson.encode(answer)
`,
};

/**
 * Microsoft said wait: the scope rests for everybody, until a moment of Redis's clock that a restart does not forget. Refusals of
 * requests that were under way together are one lesson. KEYS: scope, the tenant's scopes. ARGV 2: the channel everybody listens to.
 */
export const restScript: Script = {
  name: 'rest',
  lua: `${prelude}
local s = load(KEYS[1])
bury(s, '')
if (s.rest or 0) <= now then
  if req.slots and req.over ~= 'window' then
    s.level = math.max(1, math.floor(math.min(req.slots, s.level or req.slots) / 2))
    s.levelAt = now
  end
  if req.over ~= 'inFlight' then
    s.pace = math.max(0.1, (s.pace or 1) * 0.9)
    s.paceAt = now
  end
end
s.rest = math.max(s.rest or 0, now + req.restMs)
note(s, 0, req.refused, {})
s.d = req.about
store(s, KEYS[1])
redis.call('ZADD', KEYS[2], now, req.key)
redis.call('PEXPIRE', KEYS[2], 960000)
redis.call('PUBLISH', ARGV[2], cjson.encode({ key = req.key, pid = req.pid, restMs = s.rest - now }))
return tostring(s.rest - now)
`,
};

/** The scopes of a tenant, the latest first. KEYS: the tenant's scopes. */
export const listScript: Script = { name: 'list', lua: `return cjson.encode(redis.call('ZREVRANGE', KEYS[1], 0, 499))` };

/** What a scope looks like now, for people. KEYS: scopes. */
export const readScript: Script = {
  name: 'read',
  lua: `${prelude}
local out = {}
for i, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    local s = load(key)
    bury(s, '')
    local windows, slots, holders = {}, 0, 0
    for name, w in pairs(s.w) do
      local held = 0
      for _, p in pairs(s.p) do held = held + (p.h[name] or 0) end
      windows[#windows + 1] = { name = name, windowMs = w.ms, used = used(w), held = held }
    end
    for _, p in pairs(s.p) do
      slots = slots + p.slots
      holders = holders + 1
    end
    local lately, first = { requests = 0, refused = 0, waited = {} }, math.floor(now / 60000) - 15
    for minute, c in pairs(s.st) do
      if minute > first then
        lately.requests = lately.requests + c.r
        lately.refused = lately.refused + c.t
        for workload, ms in pairs(c.w) do lately.waited[workload] = (lately.waited[workload] or 0) + ms end
      end
    end
    out[#out + 1] = { about = s.d, windows = windows, slots = slots, level = s.level, pace = s.pace or 1, restMs = math.max(0, (s.rest or 0) - now), processes = holders, lately = lately }
  end
end
return #out == 0 and '[]' or cjson.encode(out)
`,
};
