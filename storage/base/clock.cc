#include "storage/base/clock.h"

#include <chrono>

namespace argent {

namespace {
template <typename Source>
int64_t MicrosOf() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Source::now().time_since_epoch()).count();
}
}  // namespace

int64_t SystemClock::UnixMicros() { return MicrosOf<std::chrono::system_clock>(); }
int64_t SystemClock::MonotonicMicros() { return MicrosOf<std::chrono::steady_clock>(); }

}  // namespace argent
