// The archive put together: data folder, log, catalog, uploader. What `serve` and every command on a stopped
// archive build on.
#pragma once

#include <memory>
#include <string>

#include "archive/vault/vault.h"
#include "ingest/committer.h"
#include "ingest/log_uploader.h"
#include "storage/catalog/catalog.h"
#include "storage/data_folder.h"
#include "storage/segment/log.h"
#include "storage/segment/segment_reader.h"

namespace argent::archive {

struct ArchiveOptions {
  std::string data;              // the folder
  bool create = false;           // make it when absent
  bool accept = false;           // take Instances in; otherwise only read
  bool rebuild_catalog = false;  // throw the catalog away first
  uint64_t segment_bytes_max = uint64_t{1} << 30;
  uint64_t reserve_bytes = uint64_t{256} << 20;
  size_t upload_buffers = 512;  // of 256 KiB
  VaultOptions vault;
  bool compact = false;  // in the background; only with `accept`
};

class Archive {
 public:
  // Recovers: after any kind of stop the catalog is brought up to the log.
  static Result<std::unique_ptr<Archive>> Open(const ArchiveOptions& options);
  ~Archive();

  storage::Catalog& catalog() { return *catalog_; }
  storage::DataReader& reader() { return *vault_reader_; }
  VaultReader& vault_reader() { return *vault_reader_; }
  Vault& vault() { return *vault_; }
  ingest::Uploader& uploader() { return *uploader_; }  // only with `accept`
  // Room for at least one more Instance? kNoSpace, or why the log takes nothing; only with `accept`.
  Status CanAccept() { return log_->CanAccept(); }
  storage::Io& io() { return *io_; }
  const storage::RecoveryReport& recovery() const { return recovery_; }

 private:
  Archive() = default;
  Status OpenCatalog(bool rebuild);
  Status Recover();
  void StartAccepting(const ArchiveOptions& options);

  // In the order they are built; each uses only those above it.
  SystemClock clock_;
  std::unique_ptr<storage::Io> io_;
  std::unique_ptr<storage::DataFolder> folder_;
  std::unique_ptr<storage::SegmentDirectory> segments_;
  std::unique_ptr<storage::Catalog> catalog_;
  std::unique_ptr<ingest::FactProjector> projector_;
  std::unique_ptr<ingest::InstanceDirectory> directory_;
  std::unique_ptr<ingest::Committer> committer_;
  storage::RecoveryReport recovery_;
  std::unique_ptr<storage::SegmentDataReader> reader_;
  std::unique_ptr<VaultReader> vault_reader_;
  std::unique_ptr<Vault> vault_;
  std::unique_ptr<storage::BufferPool> pool_;
  std::unique_ptr<storage::Log> log_;
  std::unique_ptr<ingest::LogUploader> uploader_;
};

}  // namespace argent::archive
