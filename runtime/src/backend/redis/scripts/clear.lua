-- Deletes records of a repository, and at last all that is kept for them.
--
-- KEYS: the repository's schema. ARGV: how many records; whether the repository itself goes as well; its sorted sets.
--
-- Returns 1 if there are more.

local base, count = string.sub(KEYS[1], 1, -7), tonumber(ARGV[1])
local primaries = redis.call('ZRANGE', base .. 'keys', 0, count - 1)
for _, primary in ipairs(primaries) do
  local flat = redis.call('HGETALL', base .. 'r:' .. primary)
  for at = 1, #flat, 2 do
    if string.sub(flat[at], 1, 2) == 'u:' then
      redis.call('DEL', base .. flat[at] .. ':' .. flat[at + 1])
    end
  end
  redis.call('DEL', base .. 'r:' .. primary)
  redis.call('ZREM', base .. 'keys', primary)
end
if #primaries == count then
  return 1
end
for at = 3, #ARGV do
  redis.call('DEL', base .. ARGV[at])
end
redis.call('DEL', base .. 'keys', base .. 'x')
if ARGV[2] == '1' then
  redis.call('DEL', KEYS[1])
end
return 0
