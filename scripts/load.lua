-- Posts images to hd-app with wrk, one after the other, and prints requests a second, the 99th percentile of the latency in
-- milliseconds, and how many requests went wrong: wrk -s load.lua URL -- IMAGE...

local images = {}
local next = 0

function init(paths)
  for _, path in ipairs(paths) do
    local file = assert(io.open(path, "rb"))
    images[#images + 1] = wrk.format("POST", nil, nil, file:read("*a"))
    file:close()
  end
end

function request()
  next = next % #images + 1
  return images[next]
end

function done(summary, latency)
  local errors = summary.errors
  local wrong = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local rate = summary.requests / summary.duration * 1e6
  print(string.format("load %.1f %.1f %d %d", rate, latency:percentile(99) / 1000, wrong, summary.requests))
end
