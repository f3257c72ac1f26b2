-- Writes: each for itself, or all or nothing. First everything is judged, then everything is changed.
--
-- KEYS: the schema of each group of writes, `<prefix>{<repository>}:schema`; all other keys begin as it does.
-- ARGV: the write's id; now, in seconds by the caller's clock; the last moment at which this may happen, in milliseconds by
-- this server's clock; whether it was sent before; whether it is all or nothing;
-- of each group its generation, and whether its model has a time to live;
-- how many verdicts, and of each what `look` named, and whether that record is live;
-- how many writes, and of each
--   its group, the primary key, what is expected, whether to return the record before, and what is done:
--   `set` with the record, its expiry or nothing, how many entries, of each its field and its values; `del`; `keep`;
--   `refuse`, if it is known to be refused, and only those before it may be refused sooner.
-- Expected is `a`: anything; `n`: no live record; `-`: no record; `=` and a stamp: the record of that stamp.
--
-- Returns `done` and the result of each write; or `refused`, the position of a write and its result; or `generation` and a
-- group, if that is at another; or `late` and the time. A result is `ok`, whether a live record was there, and the one
-- before; `exists`; `taken` and the index; `known`; `changed`; `look`, a name and a record, if only a model can say whether that is live.

local position = 0
local function take()
  position = position + 1
  return ARGV[position]
end

local id, now, last = take(), tonumber(take()), tonumber(take())
local again, whole = take() == '1', take() == '1'
local groups = {}
for at, key in ipairs(KEYS) do
  groups[at] = { base = string.sub(key, 1, -7), generation = take(), expires = take() == '1' }
end

-- An attempt before this one did it.
local receipt = groups[1].base .. 'w:' .. id
local answer = redis.call('GET', receipt)
if answer then
  -- Written once more, so that who waits for replicas waits for those that have it.
  redis.call('SET', receipt, answer, 'PXAT', string.format('%.0f', last + 5000))
  return cmsgpack.unpack(answer)
end

-- Later than this the receipt of an attempt may be gone.
local time = redis.call('TIME')
local moment = time[1] * 1000 + math.floor(time[2] / 1000)
if moment > last then
  return { 'late', moment }
end
for at, key in ipairs(KEYS) do
  if redis.call('HGET', key, 'generation') ~= groups[at].generation then
    return { 'generation', at }
  end
end

local verdicts = {}
for _ = 1, tonumber(take()) do
  local about = take()
  verdicts[about] = take() == '1'
end

local writes = {}
for at = 1, tonumber(take()) do
  local write = { group = groups[tonumber(take())], primary = take(), expected = take(), tells = take() == '1' }
  write.action = take()
  write.fields = {}
  write.uniques = {}
  if write.action == 'set' then
    write.record, write.expiry = take(), take()
    for _ = 1, tonumber(take()) do
      local field = take()
      write.fields[field] = take()
      if string.sub(field, 1, 2) == 'u:' then
        table.insert(write.uniques, field)
      end
    end
  end
  write.key = write.group.base .. 'r:' .. write.primary
  writes[at] = write
end

-- Whether a record is live; nothing if only a model can say.
local function is_live(group, primary, stamp, expiry)
  if not stamp then
    return false
  elseif not group.expires then
    return true
  elseif expiry then
    return tonumber(expiry) > now
  end
  return verdicts[stamp .. primary]
end

-- Who holds the unique values that the writes before leave held or free.
local held = {}

local function check_unique(write)
  for _, field in ipairs(write.uniques) do
    local values = write.fields[field]
    local key = write.group.base .. field .. ':' .. values
    if held[key] == nil then
      local holder = redis.call('GET', key)
      if holder and holder ~= write.primary then
        local place = write.group.base .. 'r:' .. holder
        local found = redis.call('HMGET', place, 's', 'x', field)
        local live = found[3] == values and is_live(write.group, holder, found[1], found[2])
        if live == nil then
          return { 'look', found[1] .. holder, redis.call('HGET', place, 'r') }
        elseif live then
          return { 'taken', string.sub(field, 3) }
        end
      end
    elseif held[key] and held[key] ~= write.primary then
      return { 'taken', string.sub(field, 3) }
    end
  end
end

local function check(write)
  write.old = read(write.key)
  local stamp, kind = write.old.s, string.sub(write.expected, 1, 1)
  if kind == '=' and stamp ~= string.sub(write.expected, 2) or kind == '-' and stamp then
    return { 'changed' }
  end
  local live = false
  if kind == 'a' or kind == 'n' then
    live = is_live(write.group, write.primary, stamp, write.old.x)
    if live == nil then
      return { 'look', stamp .. write.primary, write.old.r }
    elseif live and kind == 'n' then
      return { 'exists' }
    end
  end
  if write.action == 'refuse' then
    return { 'known' }
  end
  local refused = check_unique(write)
  if refused then
    return refused
  end
  return { 'ok', live and 1 or 0, live and write.tells and write.old.r or false }
end

-- What the writes that follow find of unique values.
local function hold(write)
  if write.action == 'keep' then
    return
  end
  for field, values in pairs(write.old) do
    local key = write.group.base .. field .. ':' .. values
    -- What an expired record had may be another's by now.
    if string.sub(field, 1, 2) == 'u:' and (held[key] or redis.call('GET', key)) == write.primary then
      held[key] = false
    end
  end
  local lives = not write.expiry or write.expiry == '' or not write.group.expires or tonumber(write.expiry) > now
  for _, field in ipairs(write.uniques) do
    held[write.group.base .. field .. ':' .. write.fields[field]] = lives and write.primary
  end
end

-- Takes the entries of a record away, but for those that it goes on to have.
local function remove_entries(base, primary, old, kept)
  for field, value in pairs(old) do
    local kind = string.sub(field, 1, 2)
    if kept[field] ~= value then
      if kind == 'i:' then
        redis.call('ZREM', base .. field, value .. primary)
      elseif kind == 'u:' then
        local key = base .. field .. ':' .. value
        if redis.call('GET', key) == primary then
          redis.call('DEL', key)
        end
      end
    end
  end
  if old.x then
    redis.call('ZREM', base .. 'x', leaving(primary, old))
  end
end

local function set(write)
  local base, primary = write.group.base, write.primary
  remove_entries(base, primary, write.old, write.fields)
  if write.old.s then
    redis.call('DEL', write.key)
  else
    redis.call('ZADD', base .. 'keys', 0, primary)
  end
  local expires = write.expiry ~= ''
  local until_ms = expires and deleted_at(write.expiry)
  local all = { 'r', write.record, 's', id }
  if expires then
    table.insert(all, 'x')
    table.insert(all, write.expiry)
  end
  for field, value in pairs(write.fields) do
    table.insert(all, field)
    table.insert(all, value)
    if string.sub(field, 1, 2) == 'i:' then
      if write.old[field] ~= value then
        redis.call('ZADD', base .. field, 0, value .. primary)
      end
    elseif until_ms then
      redis.call('SET', base .. field .. ':' .. value, primary, 'PXAT', until_ms)
    else
      redis.call('SET', base .. field .. ':' .. value, primary)
    end
  end
  redis.call('HSET', write.key, unpack(all))
  if expires then
    redis.call('ZADD', base .. 'x', write.expiry, leaving(primary, write.fields))
  end
  if until_ms then
    redis.call('PEXPIREAT', write.key, until_ms)
  end
end

local function delete(base, primary, old)
  remove_entries(base, primary, old, {})
  redis.call('DEL', base .. 'r:' .. primary)
  redis.call('ZREM', base .. 'keys', primary)
end

-- Clears a few expired records away, and what the server left of those that it deleted.
local function sweep(base, count)
  local expired = redis.call('ZRANGE', base .. 'x', '-inf', now, 'BYSCORE', 'LIMIT', 0, count)
  for _, member in ipairs(expired) do
    local parts = cmsgpack.unpack(member)
    local primary = parts[1]
    local found = read(base .. 'r:' .. primary)
    if found.x and tonumber(found.x) <= now then
      delete(base, primary, found)
    else
      for at = 2, #parts, 2 do
        if found[parts[at]] ~= parts[at + 1] then
          redis.call('ZREM', base .. parts[at], parts[at + 1] .. primary)
        end
      end
      if not found.s then
        redis.call('ZREM', base .. 'keys', primary)
      end
    end
    redis.call('ZREM', base .. 'x', member)
  end
end

local changed = false
local function apply(write)
  if write.action == 'set' then
    set(write)
    changed = true
  elseif write.action == 'del' and write.old.s then
    delete(write.group.base, write.primary, write.old)
    changed = true
  end
end

-- If an attempt before this one is still under way, it must not happen after this answer.
local function answered(reply)
  if changed or again then
    redis.call('SET', receipt, cmsgpack.pack(reply), 'PXAT', string.format('%.0f', last + 5000))
  end
  return reply
end

local reply = { 'done' }
for at, write in ipairs(writes) do
  local result = check(write)
  if whole and result[1] ~= 'ok' then
    return answered({ 'refused', at, result })
  end
  if whole and #writes > 1 then
    hold(write)
  elseif result[1] == 'ok' then
    apply(write)
  end
  table.insert(reply, result)
end
if whole and #writes > 1 then
  for _, write in ipairs(writes) do
    apply(write)
  end
end
if changed then
  for _, group in ipairs(groups) do
    if group.expires then
      sweep(group.base, 2 * #writes)
    end
  end
end
return answered(reply)
