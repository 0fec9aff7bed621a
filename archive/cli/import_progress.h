// How an import goes, on the terminal of whoever waits for it: a bar, counts, speed and the time left.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "ingest/media/import.h"

namespace argent::archive {

// The line for totals after `seconds`; `files_found` is 0 as long as it is not known how many there are.
std::string ProgressLine(const ingest::ImportTotals& totals, uint64_t files_found, double seconds);

// Draws that line on stderr, at most ten times a second. One thread at a time.
class ImportProgress {
 public:
  // Counts the files below `paths` on a thread of its own, so that there is a whole to compare with.
  explicit ImportProgress(const std::vector<std::string>& paths);
  // Wipes the line.
  ~ImportProgress();
  ImportProgress(const ImportProgress&) = delete;
  ImportProgress& operator=(const ImportProgress&) = delete;

  void Show(const ingest::ImportTotals& totals);

 private:
  using Clock = std::chrono::steady_clock;
  const Clock::time_point started_ = Clock::now();
  Clock::time_point drawn_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> files_found_{0};
  std::thread counter_;  // last: it uses the rest
};

}  // namespace argent::archive
