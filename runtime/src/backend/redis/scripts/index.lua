-- Puts the entries of records that are there into indexes that are new, and their expiry into those that lack it.
--
-- KEYS: the repository's schema. ARGV: its generation; now, in seconds; of each record the primary key, its stamp, its
-- expiry, the record if it changes, how many entries, and of each its field and its values.
--
-- A record of another stamp was written since, by someone who knows the new indexes. Returns `done`; or `generation`; or
-- `taken` and the index, if another record holds the value.

local base, position = string.sub(KEYS[1], 1, -7), 2
local function take()
  position = position + 1
  return ARGV[position]
end

if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[1] then
  return { 'generation' }
end
local now = tonumber(ARGV[2])

-- Whether another record that is live holds the value.
local function is_taken(primary, field, values)
  local holder = redis.call('GET', base .. field .. ':' .. values)
  if not holder or holder == primary then
    return false
  end
  local found = redis.call('HMGET', base .. 'r:' .. holder, 's', 'x', field)
  return found[1] and found[3] == values and (not found[2] or tonumber(found[2]) > now)
end

while position < #ARGV do
  local primary, stamp, expiry, record = take(), take(), take(), take()
  local key = base .. 'r:' .. primary
  local old, fields, flat = read(key), {}, {}
  for field, value in pairs(old) do
    fields[field] = value
  end
  for _ = 1, tonumber(take()) do
    local field = take()
    fields[field] = take()
    table.insert(flat, field)
    table.insert(flat, fields[field])
  end
  if old.s == stamp then
    local is_dead = expiry ~= '' and tonumber(expiry) <= now
    local until_ms = expiry ~= '' and deleted_at(expiry)
    for at = 1, #flat, 2 do
      local field, value = flat[at], flat[at + 1]
      if string.sub(field, 1, 2) == 'i:' then
        redis.call('ZADD', base .. field, 0, value .. primary)
      elseif not is_taken(primary, field, value) then
        redis.call('SET', base .. field .. ':' .. value, primary)
        if until_ms then
          redis.call('PEXPIREAT', base .. field .. ':' .. value, until_ms)
        end
      elseif not is_dead then
        return { 'taken', string.sub(field, 3) }
      end
    end
    if old.x then
      redis.call('ZREM', base .. 'x', leaving(primary, old))
    end
    if expiry ~= '' then
      fields.x = expiry
      table.insert(flat, 'x')
      table.insert(flat, expiry)
    end
    if record ~= '' then
      table.insert(flat, 'r')
      table.insert(flat, record)
    end
    if #flat > 0 then
      redis.call('HSET', key, unpack(flat))
    end
    if expiry ~= '' then
      redis.call('ZADD', base .. 'x', expiry, leaving(primary, fields))
    end
    if until_ms then
      redis.call('PEXPIREAT', key, until_ms)
    end
  end
end
return { 'done' }
