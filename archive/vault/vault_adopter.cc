#include "archive/vault/vault_adopter.h"

#include <map>

#include "archive/model/schema.h"
#include "archive/vault/frame_index.h"

namespace argent::archive {

namespace {
constexpr uint8_t kVersion = 1;
constexpr size_t kFactsPerBatch = 1000;

storage::Fact PlacedFact(uint64_t sequence, const ingest::InstanceReceived& received) {
  storage::Fact fact;
  fact.sequence = sequence;
  fact.kind = storage::FactKind::kInstancePlaced;
  ByteWriter writer(&fact.body);
  writer.ShortText(received.sop_instance_uid.text());
  storage::PutExtents(received.extents, &writer);
  return fact;
}

Status AdoptFacts(const std::vector<storage::Fact>& facts, ingest::Committer& committer) {
  std::vector<storage::Fact> placed;
  for (const storage::Fact& fact : facts) {
    if (fact.kind != storage::FactKind::kInstanceReceived) continue;
    ARGENT_ASSIGN_OR_RETURN(auto received, ingest::InstanceReceived::Decode(AsBytes(fact.body)));
    placed.push_back(PlacedFact(fact.sequence, received));
    if (placed.size() < kFactsPerBatch) continue;
    ARGENT_RETURN_IF_ERROR(committer.ApplyAside(placed, {}));
    placed.clear();
  }
  return placed.empty() ? Status::Ok() : committer.ApplyAside(placed, {});
}

// Adds the frames of one pack to the index. A frame in several pieces is indexed when all are known.
class FrameIndexer {
 public:
  FrameIndexer(storage::Catalog* catalog, ingest::Committer* committer)
      : catalog_(catalog), committer_(committer) {}

  Status Add(const storage::Extent& record, ByteView payload) {
    ARGENT_ASSIGN_OR_RETURN(std::vector<FramePackEntry> entries, DecodeFramePack(record, payload));
    std::map<std::string, std::vector<StoredFrame>> rows;
    for (FramePackEntry& entry : entries) {
      StoredFrame* whole = &entry.frame;
      if (entry.parts > 1) {
        StoredFrame& collected = incomplete_[entry.frame.number];
        std::vector<BlobRef> parts = std::move(collected.parts);
        parts.push_back(entry.frame.parts.front());
        collected = entry.frame;
        collected.parts = std::move(parts);
        if (collected.parts.size() < entry.parts) continue;
        whole = &collected;
      }
      ARGENT_RETURN_IF_ERROR(AddFrame(std::move(*whole), &rows));
      if (entry.parts > 1) incomplete_.erase(entry.frame.number);
    }
    std::vector<storage::CatalogBatch::Write> writes;
    for (const auto& [key, frames] : rows) writes.push_back({key, EncodeFrames(frames)});
    return committer_->ApplyAside({}, writes);
  }

 private:
  Status AddFrame(StoredFrame frame, std::map<std::string, std::vector<StoredFrame>>* rows) {
    auto [row, fresh] = rows->try_emplace(FrameKey(frame.hash));
    if (fresh) {
      ARGENT_ASSIGN_OR_RETURN(row->second, FindFrames(*catalog_, frame.hash));
    }
    std::erase_if(row->second, [&frame](const StoredFrame& known) {
      return known.origin == frame.origin && known.number == frame.number;
    });
    row->second.push_back(std::move(frame));
    return Status::Ok();
  }

  storage::Catalog* catalog_;
  ingest::Committer* committer_;
  std::map<uint32_t, StoredFrame> incomplete_;  // by number
};
}  // namespace

std::string VaultRow::Encode() const {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kVersion);
  writer.U32(segment);
  writer.U32(covers_first);
  writer.U32(covers_last);
  writer.U64(file_bytes);
  writer.LongBytes(AsBytes(summary.Encode()));
  return out;
}

Result<VaultRow> VaultRow::Decode(std::string_view bytes) {
  ByteReader reader(AsBytes(bytes));
  VaultRow row;
  const uint8_t version = reader.U8();
  row.segment = reader.U32();
  row.covers_first = reader.U32();
  row.covers_last = reader.U32();
  row.file_bytes = reader.U64();
  ByteView summary = reader.LongBytes();
  if (!reader.ok() || version != kVersion)
    return Status::Corruption("the catalog's row of a vault segment; run argent rebuild-catalog");
  ARGENT_ASSIGN_OR_RETURN(row.summary, VaultSummary::Decode(summary));
  return row;
}

std::string VaultKey(uint32_t segment) {
  uint8_t id[4];
  StoreBe32(id, segment);
  return MakeKey(Table::kVault, {AsText(id)});
}

Result<std::vector<VaultRow>> ReadVaultRows(storage::Catalog& catalog) {
  std::vector<VaultRow> rows;
  const KeyRange range = PrefixRange(std::string(1, static_cast<char>(Table::kVault)));
  auto cursor = catalog.NewCursor();
  for (cursor->Seek(range.begin); cursor->Valid() && range.Contains(cursor->key()); cursor->Next()) {
    ARGENT_ASSIGN_OR_RETURN(VaultRow row, VaultRow::Decode(cursor->value()));
    rows.push_back(std::move(row));
  }
  ARGENT_RETURN_IF_ERROR(cursor->status());
  return rows;
}

Status AdoptVault(const storage::SegmentDirectory& segments, storage::SegmentDataReader& reader,
                  storage::Catalog& catalog, ingest::Committer& committer, uint32_t segment) {
  ARGENT_ASSIGN_OR_RETURN(storage::VaultSegment vault, storage::DescribeVault(segments, segment));
  VaultRow row{segment, vault.header.covers_first, vault.header.covers_last, vault.file_bytes, {}};
  ARGENT_RETURN_IF_ERROR(storage::VisitSealedSegment(
      segments, segment, storage::SegmentRole::kVault,
      [&](const std::vector<storage::Fact>& facts) { return AdoptFacts(facts, committer); }));
  FrameIndexer indexer(&catalog, &committer);
  ARGENT_RETURN_IF_ERROR(storage::VisitRecords(
      segments, segment, storage::SegmentRole::kVault, [&](const storage::RecordHeader& header) -> Status {
        using storage::RecordKind;
        if (header.kind != RecordKind::kVaultFrames && header.kind != RecordKind::kVaultSummary)
          return Status::Ok();
        ARGENT_ASSIGN_OR_RETURN(std::string payload,
                                reader.ReadWholeRecord(segment, header.offset, header.kind));
        if (header.kind == RecordKind::kVaultSummary) {
          ARGENT_ASSIGN_OR_RETURN(row.summary, VaultSummary::Decode(AsBytes(payload)));
          return Status::Ok();
        }
        return indexer.Add({segment, header.offset, static_cast<uint32_t>(header.payload_bytes)},
                           AsBytes(payload));
      }));
  return committer.ApplyAside({}, {{VaultKey(segment), row.Encode()}});
}

}  // namespace argent::archive
