#include "ingest/committer.h"

namespace argent::ingest {

namespace {
std::string EncodePosition(storage::LogPosition position) {
  std::string text;
  ByteWriter writer(&text);
  writer.U32(position.segment);
  writer.U64(position.offset);
  return text;
}
}  // namespace

Status Committer::Apply(const std::vector<storage::Fact>& facts, storage::LogPosition end) {
  MutexLock lock(&mutex_);
  if (!reached_) {
    ARGENT_ASSIGN_OR_RETURN(reached_, Position());
  }
  storage::CatalogBatch batch;
  Status status = projector_->Project(facts, &batch);
  if (status.ok()) {
    bool empty = *reached_ == storage::LogPosition{};
    batch.Expect(std::string(kPositionKey), empty ? std::nullopt : std::optional(EncodePosition(*reached_)));
    batch.Put(std::string(kPositionKey), EncodePosition(end));
    status = catalog_->Commit(batch);
  }
  if (status.ok()) {
    reached_ = end;
  } else {
    projector_->Forget();
  }
  return status;
}

Status Committer::ApplyAside(const std::vector<storage::Fact>& facts,
                             const std::vector<storage::CatalogBatch::Write>& writes) {
  MutexLock lock(&mutex_);
  storage::CatalogBatch batch;
  Status status = facts.empty() ? Status::Ok() : projector_->Project(facts, &batch);
  for (const auto& write : writes) {
    if (write.value) {
      batch.Put(write.key, *write.value);
    } else {
      batch.Delete(write.key);
    }
  }
  if (status.ok()) status = catalog_->Commit(batch);
  if (!status.ok()) projector_->Forget();
  return status;
}

Result<storage::LogPosition> Committer::Position() {
  ARGENT_ASSIGN_OR_RETURN(std::optional<std::string> found, catalog_->Get(kPositionKey));
  if (!found) return storage::LogPosition{};
  if (found->size() != 12)
    return Status::Corruption("the catalog's log position is unreadable; run argent rebuild-catalog");
  const uint8_t* bytes = AsBytes(*found).data();
  storage::LogPosition position{LoadLe32(bytes), LoadLe64(bytes + 4)};
  return position;
}

Result<storage::RecoveryReport> Committer::Recover(const storage::SegmentDirectory& segments) {
  ARGENT_ASSIGN_OR_RETURN(storage::LogPosition from, Position());
  const bool from_nothing = from == storage::LogPosition{};
  if (from_nothing) ARGENT_RETURN_IF_ERROR(ApplyAside({}, {{std::string(kRebuildingKey), ""}}));
  auto report = storage::RecoverLog(
      segments, from, [this](const std::vector<storage::Fact>& facts, storage::LogPosition end) {
        return Apply(facts, end);
      });
  if (from_nothing && report.ok())
    ARGENT_RETURN_IF_ERROR(ApplyAside({}, {{std::string(kRebuildingKey), std::nullopt}}));
  return report;
}

}  // namespace argent::ingest
