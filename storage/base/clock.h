// Time as a dependency, so that tests can hold it still.
#pragma once

#include <cstdint>

namespace argent {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t UnixMicros() = 0;       // wall clock, microseconds since 1970-01-01 UTC
  virtual int64_t MonotonicMicros() = 0;  // never goes back; no relation to the wall clock
};

class SystemClock final : public Clock {
 public:
  int64_t UnixMicros() override;
  int64_t MonotonicMicros() override;
};

}  // namespace argent
