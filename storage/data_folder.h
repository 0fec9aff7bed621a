// The folder DATA/: FORMAT (version and archive id), LOCK (one process at a time), segments/ and catalog/.
// Nothing in it is named from a UID, an AE title or a patient.
#pragma once

#include <memory>
#include <string>

#include "storage/io/io.h"
#include "storage/segment/format.h"

namespace argent::storage {

class DataFolder {
 public:
  // Locks the folder, creating it where `create` says so. kNotFound: there is no archive; kOverloaded:
  // another process has it open; kUnsupported: written by a newer version; kCorruption: FORMAT is damaged, or
  // missing beside segments. Nothing is changed on failure.
  static Result<std::unique_ptr<DataFolder>> Open(Io* io, const std::string& path, bool create);

  const std::string& path() const { return path_; }
  const ArchiveId& archive_id() const { return archive_id_; }
  std::string segments_path() const { return path_ + "/segments"; }
  std::string catalog_path() const { return path_ + "/catalog"; }

 private:
  DataFolder() = default;
  Status CheckUnused(Io* io) const;
  Status ReadFormat(Io* io);
  Status WriteFormat(Io* io);

  std::string path_;
  ArchiveId archive_id_{};
  std::unique_ptr<IoFile> lock_;
};

}  // namespace argent::storage
