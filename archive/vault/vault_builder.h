// Builds one vault segment out of sealed log segments (DESIGN, section 5): Instances by Series and in
// Instance order, frames encoded and proven, what is stored already shared after a comparison byte for byte,
// headers compressed together, all facts carried forward in the order of their sequences.
//
// Reads everything it needs through the verified readers; a damaged source ends the build and changes
// nothing.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "archive/vault/frame_encoder.h"
#include "archive/vault/instance_plan.h"
#include "archive/vault/recipe.h"
#include "archive/vault/vault_reader.h"
#include "archive/vault/vault_summary.h"
#include "storage/base/clock.h"
#include "storage/catalog/catalog.h"
#include "storage/segment/vault_segment_writer.h"

namespace argent::archive {

// Everything a build works with; all outlive it.
struct VaultBuildParts {
  storage::SegmentDirectory* segments;
  VaultReader* reader;
  storage::Catalog* catalog;
  Clock* clock;
};

struct VaultBuildOptions {
  codec::FrameCodecKind codec = codec::FrameCodecKind::kJ2k;
  int threads = 2;
  FrameHasher hasher = HashFrame;  // tests force collisions
};

class VaultBuilder {
 public:
  VaultBuilder(VaultBuildParts parts, VaultBuildOptions options);
  ~VaultBuilder();

  // Log segments `first` to `last`, all sealed. `stop` turning true ends the build with kAborted.
  // The id of the vault segment, which exists from then on.
  Result<uint32_t> Build(uint32_t first, uint32_t last, const std::atomic<bool>& stop);

 private:
  struct Source;
  struct PendingStep;
  struct PendingInstance;
  class Assembler;

  Status LoadFacts(uint32_t first, uint32_t last);
  Status AddInstances(const std::atomic<bool>& stop);
  Status AddInstance(const Source& source);
  Status AddRegion(const Source& source, uint64_t position, const InstanceRegion& region, std::string bytes,
                   PendingInstance* pending);
  Result<std::shared_ptr<FrameJob>> FindStored(const FrameJob& job);
  Result<bool> SameAsPending(const FrameJob& job, const PendingStep& known);
  Status DrainEncoded(size_t cells_bytes_max);
  Status PlaceFrame(const std::shared_ptr<FrameJob>& job);
  Status FlushFrames();
  Status FlushBatch();
  Status FinishSegment(uint32_t last);

  const VaultBuildParts parts_;
  const VaultBuildOptions options_;

  std::vector<storage::Fact> facts_;  // of the log segments, ascending
  std::vector<Source> sources_;       // the Instances among them, in the order of the vault
  uint64_t last_sequence_before_ = 0;
  uint64_t source_bytes_ = 0;
  VaultSummary summary_;
  std::unique_ptr<storage::VaultSegmentWriter> writer_;

  // Frames of this build by hash, to share them: where each came from.
  std::unordered_map<std::string, std::vector<PendingStep>> known_;
  std::deque<std::shared_ptr<FrameJob>>
      encoding_;  // submitted, in order; shared with the recipes that use them
  size_t encoding_bytes_ = 0;
  FramePackBuilder pack_;
  std::vector<std::pair<FrameJob*, size_t>> packed_;  // each piece of pack_: whose, and which
  std::vector<PendingInstance> batch_;
  size_t batch_bytes_ = 0;
  uint32_t next_number_ = 0;
  std::unique_ptr<FrameEncoder> encoder_;  // last: its threads use the jobs
};

}  // namespace argent::archive
