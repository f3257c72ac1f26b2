-- Records as they are at one moment.
--
-- KEYS: the schema of each repository. ARGV: of each record its repository's position, and the primary key.
--
-- Returns for each the record and its stamp.

local reply = {}
for at = 1, #ARGV, 2 do
  local base = string.sub(KEYS[tonumber(ARGV[at])], 1, -7)
  local found = redis.call('HMGET', base .. 'r:' .. ARGV[at + 1], 'r', 's')
  table.insert(reply, found[1])
  table.insert(reply, found[2])
end
return reply
