// Broken invariants abort, in every build. Never for what a peer or a disk can cause: that is a Status.
#pragma once

namespace argent {
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);
}  // namespace argent

#define ARGENT_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::argent::CheckFailed(__FILE__, __LINE__, #condition))

// For measured hot loops only.
#ifdef NDEBUG
#define ARGENT_DCHECK(condition) static_cast<void>(0)
#else
#define ARGENT_DCHECK(condition) ARGENT_CHECK(condition)
#endif
