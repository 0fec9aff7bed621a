// Data Set bytes wherever they lie: fresh in the log, in the vault, or in both. The DataReader that
// everything above the storage uses. What the vault holds is decoded and put together again; a fresh copy is
// preferred while it is there, and where it is damaged the vault's copy steps in, byte for byte the same.
//
// An Instance's extents are those of its recipes (header_pack.h) and then, as long as the log segment is
// kept, those in the log. Thread-safe.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "archive/vault/recipe.h"
#include "codec/frame/frame_codec.h"
#include "storage/base/mutex.h"
#include "storage/segment/segment_reader.h"

namespace argent::archive {

class VaultReader final : public storage::DataReader {
 public:
  // `segments` must outlive the reader.
  explicit VaultReader(storage::SegmentDataReader* segments) : segments_(segments) {}

  Status Read(std::span<const storage::Extent> extents, uint64_t position, uint64_t length,
              const Sink& sink) override;

  // The recipe at a recipe extent. kCorruption when it is damaged.
  Result<Recipe> ReadRecipe(const storage::Extent& extent);
  // The codestream of a frame as stored, its pieces joined.
  Result<std::string> ReadCodestream(const StoredFrame& frame);
  // Its cells. kCorruption when it does not decode.
  Status ReadCells(const StoredFrame& frame, std::string* cells);

 private:
  using Pack =
      std::shared_ptr<const std::vector<std::string>>;  // shared by the cache and the reads under way
  Result<Pack> ReadPack(uint32_t segment, uint64_t offset);
  Status ReadVault(const storage::Extent& extent, uint64_t position, uint64_t length, const Sink& sink);
  std::unique_ptr<codec::FrameCodec> TakeCodec(codec::FrameCodecKind kind);
  void GiveCodec(std::unique_ptr<codec::FrameCodec> codec);

  storage::SegmentDataReader* const segments_;
  Mutex mutex_;
  // The packs used last: a Series is read Instance by Instance.
  std::list<std::pair<std::pair<uint32_t, uint64_t>, Pack>> packs_ ARGENT_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<codec::FrameCodec>> codecs_ ARGENT_GUARDED_BY(mutex_);  // idle
};

// Splits an Instance's extents: recipes in front, the fresh copy behind.
std::span<const storage::Extent> RecipesOf(std::span<const storage::Extent> extents);

}  // namespace argent::archive
