-- A record and its entries, as every script has them that stores some: this stands before each.

-- The fields of a record.
local function read(key)
  local flat, fields = redis.call('HGETALL', key), {}
  for at = 1, #flat, 2 do
    fields[flat[at]] = flat[at + 1]
  end
  return fields
end

-- What is kept of a record's entries for when the server has taken it away.
local function leaving(primary, fields)
  local names = {}
  for field in pairs(fields) do
    if string.sub(field, 1, 2) == 'i:' then
      table.insert(names, field)
    end
  end
  table.sort(names)
  local parts = { primary }
  for _, field in ipairs(names) do
    table.insert(parts, field)
    table.insert(parts, fields[field])
  end
  return cmsgpack.pack(parts)
end

-- The server deletes ten seconds after the expiry, as clocks differ. It takes no later year than about 5000.
local function deleted_at(expiry)
  local seconds = math.max(tonumber(expiry), 0)
  return seconds < 1e11 and string.format('%.0f', (seconds + 10) * 1000)
end

