-- Records by values of a unique index.
--
-- KEYS: the repository's schema. ARGV: the index's field, `u:` and its name; the values.
--
-- Returns for each the record that has them, if there is one.

local base, field = string.sub(KEYS[1], 1, -7), ARGV[1]
local reply = {}
for at = 2, #ARGV do
  local record = false
  local primary = redis.call('GET', base .. field .. ':' .. ARGV[at])
  if primary then
    local found = redis.call('HMGET', base .. 'r:' .. primary, 'r', field)
    if found[2] == ARGV[at] then
      record = found[1]
    end
  end
  table.insert(reply, record)
end
return reply
