#include "archive/archive.h"

#include <fmt/format.h>

#include "archive/model/instance_directory.h"
#include "archive/model/projector.h"
#include "codec/dictionary.h"
#include "storage/base/log.h"

namespace argent::archive {

Archive::~Archive() {
  if (vault_) vault_->Stop();
  if (log_) log_->Stop();
  if (catalog_) catalog_->Sync().IgnoreError("bounds the replay at the next start only");
}

Status Archive::OpenCatalog(bool rebuild) {
  const std::string path = folder_->catalog_path();
  if (rebuild) {
    ARGENT_ASSIGN_OR_RETURN(bool exists, io_->Exists(path));
    if (exists) {
      ARGENT_ASSIGN_OR_RETURN(std::vector<std::string> names, io_->List(path));
      for (const std::string& name : names) ARGENT_RETURN_IF_ERROR(io_->Remove(path + "/" + name));
    }
  }
  ARGENT_ASSIGN_OR_RETURN(catalog_, storage::OpenRocksDbCatalog(path, {}));
  ARGENT_ASSIGN_OR_RETURN(auto unfinished, catalog_->Get(ingest::kRebuildingKey));
  if (unfinished) {
    ARGENT_LOG_WARNING("the catalog was being built when the archive stopped: it is built anew");
    catalog_.reset();
    return OpenCatalog(true);
  }
  projector_ = NewProjector(catalog_.get());
  directory_ = NewInstanceDirectory(catalog_.get());
  committer_ = std::make_unique<ingest::Committer>(catalog_.get(), projector_.get());
  return Status::Ok();
}

Status Archive::Recover() {
  ARGENT_ASSIGN_OR_RETURN(recovery_, committer_->Recover(*segments_));
  if (recovery_.facts > 0) {
    ARGENT_LOG_INFO("the catalog took {} facts from the log", recovery_.facts);
    ARGENT_RETURN_IF_ERROR(catalog_->Sync());
  }
  return Status::Ok();
}

void Archive::StartAccepting(const ArchiveOptions& options) {
  pool_ = std::make_unique<storage::BufferPool>(io_.get(), options.upload_buffers);
  storage::LogOptions log_options{.segment_bytes_max = options.segment_bytes_max,
                                  .reserve_bytes = options.reserve_bytes};
  log_ = std::make_unique<storage::Log>(io_.get(), segments_.get(), &clock_, log_options);
  log_->Start(committer_.get(), recovery_.last_sequence + 1);
  ingest::UploadParts parts{log_.get(), pool_.get(), vault_reader_.get(), directory_.get(), &clock_};
  uploader_ = std::make_unique<ingest::LogUploader>(parts, ingest::UploaderOptions{});
  if (options.compact) vault_->Start(log_.get());
}

Result<std::unique_ptr<Archive>> Archive::Open(const ArchiveOptions& options) {
  ARGENT_RETURN_IF_ERROR(codec::CheckDictionary());
  std::unique_ptr<Archive> archive(new Archive());
  archive->io_ = storage::NewBestIo();
  ARGENT_ASSIGN_OR_RETURN(archive->folder_,
                          storage::DataFolder::Open(archive->io_.get(), options.data, options.create));
  archive->segments_ = std::make_unique<storage::SegmentDirectory>(
      archive->io_.get(), archive->folder_->segments_path(), archive->folder_->archive_id());
  archive->reader_ = std::make_unique<storage::SegmentDataReader>(archive->segments_.get());
  archive->vault_reader_ = std::make_unique<VaultReader>(archive->reader_.get());
  ARGENT_RETURN_IF_ERROR(archive->OpenCatalog(options.rebuild_catalog));
  ARGENT_RETURN_IF_ERROR(archive->Recover());
  Vault::Parts parts{archive->segments_.get(), archive->reader_.get(),    archive->vault_reader_.get(),
                     archive->catalog_.get(),  archive->committer_.get(), &archive->clock_};
  archive->vault_ = std::make_unique<Vault>(parts, options.vault);
  ARGENT_RETURN_IF_ERROR(archive->vault_->Open());
  if (options.accept) archive->StartAccepting(options);
  return archive;
}

}  // namespace argent::archive
