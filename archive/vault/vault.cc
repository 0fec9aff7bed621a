#include "archive/vault/vault.h"

#include <algorithm>
#include <chrono>

#include "storage/base/log.h"

namespace argent::archive {

namespace {
constexpr std::chrono::seconds kLookInterval{2};
constexpr std::chrono::seconds kRetryInterval{60};
}  // namespace

Status Vault::Open() {
  ARGENT_RETURN_IF_ERROR(parts_.segments->RemoveUnfinishedVaults());
  ARGENT_ASSIGN_OR_RETURN(std::vector<uint32_t> ids, parts_.segments->List(storage::SegmentRole::kVault));
  ARGENT_ASSIGN_OR_RETURN(std::vector<VaultRow> rows, ReadVaultRows(*parts_.catalog));
  std::set<uint32_t> known;
  for (const VaultRow& row : rows) known.insert(row.segment);
  bool adopted = false;
  for (uint32_t id : ids) {
    if (known.contains(id)) continue;
    ARGENT_RETURN_IF_ERROR(
        AdoptVault(*parts_.segments, *parts_.reader, *parts_.catalog, *parts_.committer, id));
    adopted = true;
  }
  return adopted ? parts_.catalog->Sync() : Status::Ok();
}

Result<std::vector<Vault::LogSegment>> Vault::LogSegments() {
  ARGENT_ASSIGN_OR_RETURN(std::vector<uint32_t> ids, parts_.segments->List());
  ARGENT_ASSIGN_OR_RETURN(std::vector<VaultRow> rows, ReadVaultRows(*parts_.catalog));
  std::vector<LogSegment> segments;
  for (uint32_t id : ids) {
    LogSegment segment;
    segment.id = id;
    auto file = parts_.segments->io()->Open(parts_.segments->PathOf(id), {.mode = storage::OpenMode::kRead});
    if (!file.ok()) return file.status();
    ARGENT_ASSIGN_OR_RETURN(segment.bytes, parts_.segments->io()->FileSize(file->get()));
    segment.covered = std::any_of(rows.begin(), rows.end(), [id](const VaultRow& row) {
      return row.covers_first <= id && id <= row.covers_last;
    });
    // Only the newest can be open.
    segment.sealed = segment.covered || id != ids.back() || storage::IsSealed(*parts_.segments, id);
    segments.push_back(segment);
  }
  return segments;
}

Result<bool> Vault::CompactOnce(const std::atomic<bool>& stop) {
  ARGENT_ASSIGN_OR_RETURN(std::vector<LogSegment> segments, LogSegments());
  uint32_t first = 0;
  uint32_t last = 0;
  uint64_t bytes = 0;
  for (const LogSegment& segment : segments) {
    if (segment.covered) continue;
    if (!segment.sealed || (first != 0 && bytes + segment.bytes > options_.window_bytes)) break;
    if (first == 0) first = segment.id;
    last = segment.id;
    bytes += segment.bytes;
  }
  if (first == 0) {
    // A smaller hot_bytes_max holds for what was compacted before, too.
    ARGENT_RETURN_IF_ERROR(Reap());
    return false;
  }
  VaultBuilder builder({parts_.segments, parts_.vault_reader, parts_.catalog, parts_.clock},
                       {options_.codec, options_.threads, options_.hasher});
  ARGENT_ASSIGN_OR_RETURN(uint32_t vault, builder.Build(first, last, stop));
  ARGENT_RETURN_IF_ERROR(
      AdoptVault(*parts_.segments, *parts_.reader, *parts_.catalog, *parts_.committer, vault));
  ARGENT_RETURN_IF_ERROR(Reap());
  return true;
}

Status Vault::Reap() {
  ARGENT_ASSIGN_OR_RETURN(std::vector<LogSegment> segments, LogSegments());
  uint64_t hot_bytes = 0;
  for (const LogSegment& segment : segments) hot_bytes += segment.covered ? segment.bytes : 0;
  if (hot_bytes <= options_.hot_bytes_max) return Status::Ok();
  // What the catalog forgets in a power cut it must be able to learn again from what is there.
  ARGENT_RETURN_IF_ERROR(parts_.catalog->Sync());
  for (const LogSegment& segment : segments) {
    if (hot_bytes <= options_.hot_bytes_max) break;
    if (!segment.covered || segment.id == segments.back().id) continue;
    ARGENT_RETURN_IF_ERROR(parts_.segments->Remove(segment.id, storage::SegmentRole::kLog));
    parts_.reader->Forget(segment.id);
    hot_bytes -= segment.bytes;
  }
  return Status::Ok();
}

Result<VaultStatus> Vault::GetStatus() {
  VaultStatus status;
  ARGENT_ASSIGN_OR_RETURN(std::vector<VaultRow> rows, ReadVaultRows(*parts_.catalog));
  status.segments = rows.size();
  for (const VaultRow& row : rows) {
    status.stored_bytes += row.file_bytes;
    status.sum.Add(row.summary);
  }
  ARGENT_ASSIGN_OR_RETURN(std::vector<LogSegment> segments, LogSegments());
  for (const LogSegment& segment : segments) {
    uint64_t& bytes = segment.covered  ? status.hot_bytes
                      : segment.sealed ? status.backlog_bytes
                                       : status.open_bytes;
    bytes += segment.bytes;
  }
  MutexLock lock(&mutex_);
  status.last_error = last_error_;
  return status;
}

void Vault::Start(storage::Log* log) {
  thread_ = std::thread([this, log] { Run(log); });
}

void Vault::Stop() {
  stop_ = true;
  wake_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void Vault::Run(storage::Log* log) {
  while (!stop_) {
    log->SealWhenIdle();
    Result<bool> compacted = CompactOnce(stop_);
    bool failed = !compacted.ok() && !stop_;
    if (failed) ARGENT_LOG_ERROR("compaction: {}", compacted.status().ToString());
    MutexLock lock(&mutex_);
    last_error_ = failed ? compacted.status().message() : "";
    if (compacted.ok() && *compacted) continue;
    if (!stop_) wake_.WaitFor(&mutex_, failed ? kRetryInterval : kLookInterval);
  }
}

}  // namespace argent::archive
