// What a run measured: latencies, counts, and the failures that make it worthless.
//
// One WorkerReport belongs to one thread; the reports are merged when all threads have ended. Every latency
// is kept (4 bytes each), so percentiles are exact.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace argent::bench {

struct WorkerReport {
  std::vector<uint32_t> latencies_us;
  uint64_t bytes = 0;    // of Data Sets acknowledged
  uint64_t answers = 0;  // pending responses of C-FIND
  uint64_t failures = 0;
  std::string first_failure;

  void Fail(const std::string& reason);
  void Merge(const WorkerReport& other);
};

struct RunReport {
  WorkerReport total;
  double seconds = 0;

  // Exact percentile in milliseconds; 0 when nothing was measured. Sorts: call Finish() before.
  double PercentileMs(double percent) const;
  void Finish();
  std::string ToText() const;
  std::string ToJson() const;
};

}  // namespace argent::bench
