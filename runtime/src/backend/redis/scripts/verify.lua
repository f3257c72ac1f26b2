-- Looks whether records stand in their indexes.
--
-- KEYS: the repository's schema. ARGV: of each record the primary key, its stamp, how many entries, and of each its field
-- and its values.
--
-- Returns of each entry that is missing the position of its record, and its field. A record of another stamp was written
-- since.

local base, position, number, reply = string.sub(KEYS[1], 1, -7), 0, 0, {}
local function take()
  position = position + 1
  return ARGV[position]
end

while position < #ARGV do
  number = number + 1
  local primary, stamp = take(), take()
  local key = base .. 'r:' .. primary
  local is_same = redis.call('HGET', key, 's') == stamp
  for _ = 1, tonumber(take()) do
    local field, values = take(), take()
    local is_there = redis.call('HGET', key, field) == values
    if string.sub(field, 1, 2) == 'u:' then
      is_there = is_there and redis.call('GET', base .. field .. ':' .. values) == primary
    else
      is_there = is_there and redis.call('ZSCORE', base .. field, values .. primary)
    end
    if is_same and not is_there then
      table.insert(reply, number)
      table.insert(reply, field)
    end
  end
end
return reply
