-- Puts a repository's schema in the place of the one that was read.
--
-- KEYS: the schema. ARGV: the generation that was read, or nothing if there was none; then the fields and their values.
--
-- Returns 1, or 0 if there is another by now.

local generation = redis.call('HGET', KEYS[1], 'generation') or ''
if generation ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return 1
