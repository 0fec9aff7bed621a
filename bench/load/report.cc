#include "bench/load/report.h"

#include <algorithm>

#include <fmt/format.h>

namespace argent::bench {

void WorkerReport::Fail(const std::string& reason) {
  ++failures;
  if (first_failure.empty()) first_failure = reason;
}

void WorkerReport::Merge(const WorkerReport& other) {
  latencies_us.insert(latencies_us.end(), other.latencies_us.begin(), other.latencies_us.end());
  bytes += other.bytes;
  answers += other.answers;
  failures += other.failures;
  if (first_failure.empty()) first_failure = other.first_failure;
}

void RunReport::Finish() { std::sort(total.latencies_us.begin(), total.latencies_us.end()); }

double RunReport::PercentileMs(double percent) const {
  if (total.latencies_us.empty()) return 0;
  const auto last = static_cast<double>(total.latencies_us.size() - 1);
  return total.latencies_us[static_cast<size_t>(last * percent / 100.0)] / 1000.0;
}

std::string RunReport::ToText() const {
  const auto operations = static_cast<double>(total.latencies_us.size());
  std::string text = fmt::format(
      "{} acknowledged, {} failed in {:.2f} s: {:.1f}/s, {:.1f} MB/s; latency ms p50 {:.3f} p90 {:.3f} p99 "
      "{:.3f} p99.9 {:.3f} "
      "max {:.3f}",
      total.latencies_us.size(), total.failures, seconds, operations / seconds,
      static_cast<double>(total.bytes) / 1e6 / seconds, PercentileMs(50), PercentileMs(90), PercentileMs(99),
      PercentileMs(99.9), PercentileMs(100));
  if (total.answers > 0) text += fmt::format("; {} answers", total.answers);
  if (!total.first_failure.empty()) text += "\nfirst failure: " + total.first_failure;
  return text;
}

std::string RunReport::ToJson() const {
  std::string reason;
  for (const char c : total.first_failure) {
    if (c == '"' || c == '\\') reason.push_back('\\');
    reason.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  const auto operations = static_cast<double>(total.latencies_us.size());
  return fmt::format(
      R"({{"acknowledged":{},"failed":{},"seconds":{:.4f},"per_second":{:.2f},"megabytes_per_second":{:.3f},"bytes":{},)"
      R"("answers":{},"p50_ms":{:.3f},"p90_ms":{:.3f},"p99_ms":{:.3f},"p999_ms":{:.3f},"max_ms":{:.3f},"first_failure":"{}"}})",
      total.latencies_us.size(), total.failures, seconds, operations / seconds,
      static_cast<double>(total.bytes) / 1e6 / seconds, total.bytes, total.answers, PercentileMs(50),
      PercentileMs(90), PercentileMs(99), PercentileMs(99.9), PercentileMs(100), reason);
}

}  // namespace argent::bench
