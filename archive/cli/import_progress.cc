#include "archive/cli/import_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "ingest/media/file_lister.h"

namespace argent::archive {

namespace {

constexpr size_t kBarCells = 20;
constexpr std::chrono::milliseconds kDrawInterval{100};

std::string Bar(uint64_t done, uint64_t found) {
  const uint64_t full = std::min<uint64_t>(done, found) * kBarCells / found;
  return fmt::format("[{:#>{}}{:.>{}}] {:3}%  ", "", full, "", kBarCells - full,
                     std::min<uint64_t>(done, found) * 100 / found);
}

std::string TimeLeft(uint64_t done, uint64_t found, double seconds) {
  if (done == 0 || done >= found) return {};
  const auto left =
      static_cast<uint64_t>(seconds / static_cast<double>(done) * static_cast<double>(found - done));
  if (left >= 3600) return fmt::format(", {} h {} min left", left / 3600, left % 3600 / 60);
  if (left >= 60) return fmt::format(", {} min left", left / 60);
  return fmt::format(", {} s left", left);
}

}  // namespace

std::string ProgressLine(const ingest::ImportTotals& totals, uint64_t files_found, double seconds) {
  std::string line = files_found == 0 ? std::string() : Bar(totals.files, files_found);
  const double per_second = seconds > 0 ? static_cast<double>(totals.files) / seconds : 0;
  line += fmt::format("{} files, {} MiB, {:.0f} files/s", totals.files, totals.bytes >> 20, per_second);
  if (totals.duplicates > 0) line += fmt::format(", {} already here", totals.duplicates);
  if (totals.conflicts > 0) line += fmt::format(", {} conflicts", totals.conflicts);
  if (totals.refused > 0) line += fmt::format(", {} refused", totals.refused);
  return line + TimeLeft(totals.files, files_found, seconds);
}

ImportProgress::ImportProgress(const std::vector<std::string>& paths)
    : counter_([this, paths] {
        ingest::FileLister lister(paths);
        Status error;
        uint64_t files = 0;
        while (!stop_ && lister.Next(&error)) ++files;
        files_found_ = files;
      }) {}

ImportProgress::~ImportProgress() {
  stop_ = true;
  counter_.join();
  fmt::print(stderr, "\r\x1b[K");
}

void ImportProgress::Show(const ingest::ImportTotals& totals) {
  const Clock::time_point now = Clock::now();
  if (now - drawn_ < kDrawInterval) return;
  drawn_ = now;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  fmt::print(stderr, "\r{}\x1b[K", ProgressLine(totals, files_found_, seconds));
}

}  // namespace argent::archive
