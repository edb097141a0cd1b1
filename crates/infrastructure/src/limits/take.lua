-- Counts one request against every key or, where one of them has nothing left, against none.
-- KEYS: whose counts. ARGV: for each key the interval of its rate and its capacity, in microseconds.
-- Answers: 1 or 0, now, and for each key the instant at which its limit is full again.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answer = { 1, now }
for i, key in ipairs(KEYS) do
  local interval, capacity = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local full_at = tonumber(redis.call('GET', key) or now)
  if full_at < now or full_at - now > capacity then
    full_at = now
  end
  if full_at + interval - now > capacity then
    answer[1] = 0
  end
  answer[i + 2] = full_at
end
if answer[1] == 1 then
  for i, key in ipairs(KEYS) do
    local full_at = answer[i + 2] + tonumber(ARGV[2 * i - 1])
    answer[i + 2] = full_at
    redis.call('SET', key, string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000))
  end
end
return answer
