-- Takes the entries of indexes out of records: of those that could not be made after all.
--
-- KEYS: the repository's schema. ARGV: after which primary key to begin; how many records; the fields of the indexes.
--
-- Returns the last primary key, if there are more.

local base = string.sub(KEYS[1], 1, -7)
local from, count = ARGV[1] == '' and '-' or '(' .. ARGV[1], tonumber(ARGV[2])
local primaries = redis.call('ZRANGE', base .. 'keys', from, '+', 'BYLEX', 'LIMIT', 0, count)
for _, primary in ipairs(primaries) do
  local key = base .. 'r:' .. primary
  for at = 3, #ARGV do
    local field = ARGV[at]
    local value = redis.call('HGET', key, field)
    if value then
      if string.sub(field, 1, 2) == 'u:' and redis.call('GET', base .. field .. ':' .. value) == primary then
        redis.call('DEL', base .. field .. ':' .. value)
      end
      redis.call('HDEL', key, field)
    end
  end
end
if #primaries == count then
  return primaries[count]
end
for at = 3, #ARGV do
  if string.sub(ARGV[at], 1, 2) == 'i:' then
    redis.call('DEL', base .. ARGV[at])
  end
end
return ''
