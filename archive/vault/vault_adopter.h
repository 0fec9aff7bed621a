// Tells the catalog of a vault segment: where its Instances now lie, which frames it holds, what it has made.
// Repeating it changes nothing. The row of a vault segment (table kVault, key: id, 4 bytes big endian) is
// written last: a segment without one is adopted at the next start.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "archive/vault/vault_summary.h"
#include "ingest/committer.h"
#include "storage/segment/segment_reader.h"

namespace argent::archive {

struct VaultRow {
  uint32_t segment = 0;
  uint32_t covers_first = 0;
  uint32_t covers_last = 0;
  uint64_t file_bytes = 0;
  VaultSummary summary;

  std::string Encode() const;
  static Result<VaultRow> Decode(std::string_view bytes);
};

std::string VaultKey(uint32_t segment);
// Every adopted vault segment, by id.
Result<std::vector<VaultRow>> ReadVaultRows(storage::Catalog& catalog);

// The projector's kInstancePlaced: SOP Instance UID as short text, u32 count and the extents. The fact's
// sequence names the variant.
Status AdoptVault(const storage::SegmentDirectory& segments, storage::SegmentDataReader& reader,
                  storage::Catalog& catalog, ingest::Committer& committer, uint32_t segment);

}  // namespace argent::archive
