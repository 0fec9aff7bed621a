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
  // Uploads at once; each costs a thread that mostly waits for a flush, and shares that flush with the
  // others.
  int uploads_in_flight = 64;
};

struct ImportTotals {
  uint64_t files = 0;
  uint64_t bytes = 0;  // read, of files under way too
  uint64_t stored = 0;
  uint64_t duplicates = 0;
  uint64_t conflicts = 0;
  uint64_t refused = 0;
  uint64_t skipped = 0;  // symbolic links, sockets and devices inside folders; no files
};

// Told how an import goes, one call at a time, from any thread.
class ImportObserver {
 public:
  virtual ~ImportObserver() = default;
  // Once a file, in order of completion.
  virtual void OnFile(const FileReport& report, const ImportTotals& totals) = 0;
  // Some bytes further within a large file.
  virtual void OnProgress(const ImportTotals& totals) = 0;
};

// Imports every file that FileLister finds below `paths`. Stops early, with the files under way finished,
// when *stop turns true. A path that does not exist is reported as refused, and so is a file that changes its
// size while it is read.
ImportTotals ImportFiles(storage::Io& io, Uploader& uploader, const std::vector<std::string>& paths,
                         const ImportOptions& options, const std::atomic<bool>& stop,
                         ImportObserver& observer);

}  // namespace argent::ingest
