// The door for files: reads files and folders (PS3.10 files, also without preamble or File Meta Information
// where the Data Set is recognisable) many files deep and uploads their Data Sets. Every file gets exactly
// one report.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "ingest/upload.h"
#include "storage/io/io.h"

namespace argent::ingest {

struct FileReport {
  std::string path;
  Outcome outcome;  // refused: outcome.status says why
};

struct ImportOptions {
  // Files read at once; each costs a thread and at most 2 MiB of pooled buffers.
  int files_in_flight = 16;
};

struct ImportTotals {
  uint64_t files = 0;
  uint64_t bytes = 0;
  uint64_t stored = 0;
  uint64_t duplicates = 0;
  uint64_t conflicts = 0;
  uint64_t refused = 0;
};

// Walks `paths` (files, or folders with everything below them, symbolic links not followed) and imports every
// regular file. `report` is called once a file, one call at a time, in order of completion; `totals` are as
// of that call. Stops early, with the files under way finished, when *stop turns true. A path that does not
// exist is reported as refused.
ImportTotals ImportFiles(
    storage::Io& io, Uploader& uploader, const std::vector<std::string>& paths, const ImportOptions& options,
    const std::atomic<bool>& stop,
    const std::function<void(const FileReport& report, const ImportTotals& totals)>& report);

}  // namespace argent::ingest
