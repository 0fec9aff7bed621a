// Finds the files below given paths.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/base/mutex.h"
#include "storage/base/status.h"

namespace argent::ingest {

// Gives the regular files below `paths` one after the other, folders in order of their names. A symbolic link
// among `paths` is followed, as whoever names it means what it points at; below them links are not, so that
// no loop is walked and no file comes twice. Thread-safe.
class FileLister {
 public:
  explicit FileLister(const std::vector<std::string>& paths);

  // The next file, or nullopt at the end. *error tells when the path is no file or a folder that cannot be
  // listed.
  std::optional<std::string> Next(Status* error);

  // Links and what is neither file nor folder, passed over so far.
  uint64_t skipped() const {
    MutexLock lock(&mutex_);
    return skipped_;
  }

 private:
  struct Pending {
    std::string path;
    bool is_given = false;  // by the caller, not found in a folder
  };
  Status PushChildren(const std::string& folder) ARGENT_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::vector<Pending> pending_ ARGENT_GUARDED_BY(mutex_);  // the next is last
  uint64_t skipped_ ARGENT_GUARDED_BY(mutex_) = 0;
};

}  // namespace argent::ingest
