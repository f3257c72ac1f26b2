-- A part of a page: records in the order of an index, or of their keys. What leads to no record any more is taken away.
--
-- KEYS: the repository's schema.
-- ARGV: the sorted set, `keys` or `i:` and an index; where to begin and to end; whether it is read backwards; how many
-- entries to look at; how many bytes of records are enough; how many bytes and then how many values stand before the primary
-- key; the segment wanted, and of how many.
--
-- Returns the last entry that was looked at, if there may be more, and the records.

local base = string.sub(KEYS[1], 1, -7)
local name, first, stop, backwards = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local count, enough, head, values = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local segment, total = tonumber(ARGV[9]), tonumber(ARGV[10])

-- Where what stands after a value begins: see `encoding.rs` of the key space.
local function skip_value(entry, at)
  local tag = string.byte(entry, at)
  if tag == 0x40 or tag == 0x30 then
    return string.find(entry, '\0', at + 1, true) + 1
  elseif tag == 0x28 then
    return at + 9
  elseif tag == 0x2c then
    return at + 13
  end
  return at + 1 + math.abs(tag - 0x18)
end

local function primary_of(entry)
  local at = head + 1
  for _ = 1, values do
    at = skip_value(entry, at)
  end
  return string.sub(entry, at)
end

local key, entries = base .. name, nil
if backwards then
  entries = redis.call('ZRANGE', key, first, stop, 'BYLEX', 'REV', 'LIMIT', 0, count)
else
  entries = redis.call('ZRANGE', key, first, stop, 'BYLEX', 'LIMIT', 0, count)
end

local reply, size, cleared = { false }, 0, 0
for at, entry in ipairs(entries) do
  local primary = primary_of(entry)
  local is_wanted = total == 0 or tonumber(string.sub(redis.sha1hex(primary), 1, 8), 16) % total == segment
  if is_wanted then
    local record, value
    if name == 'keys' then
      record = redis.call('HGET', base .. 'r:' .. primary, 'r')
    else
      local found = redis.call('HMGET', base .. 'r:' .. primary, 'r', name)
      record, value = found[1], found[2]
      if value ~= string.sub(entry, 1, #entry - #primary) then
        record = false
      end
    end
    if record then
      table.insert(reply, record)
      size = size + #record
    elseif cleared < 100 then
      redis.call('ZREM', key, entry)
      cleared = cleared + 1
    end
  end
  if size >= enough or (at == #entries and at == count) then
    reply[1] = entry
    break
  end
end
return reply
