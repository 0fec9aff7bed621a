// How one Data Set, or one part of a very large one, is put together again byte for byte from what the vault
// keeps: literal bytes as received, and frames. Lies in a header pack (header_pack.h); specified in
// storage/FORMAT.md, section "Vault segments".
//
//   u8 version (1), u8 zero, u64 sequence of the fact that brought the Instance, 32 bytes SHA-256 of the
//   whole Data Set, u64 position of this part in the Data Set, u64 bytes of this part, u32 count of steps,
//   each:
//     u8 1: u32 length                                     the next literal bytes
//     u8 2: frame                                          its decoded cells
//     u8 3: frame                                          … with the bytes of each 16-bit word swapped
//   u32 length and the literal bytes.
//   A frame: as in a frame pack, then its pieces: 16 bytes hash, u32 origin, u32 number, u8 codec, 16 bytes
//   geometry, u64 decoded bytes, u16 count, each: u32 segment, u64 offset, u32 payload bytes of the record,
//   u32 position, u32 length.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "archive/vault/frame_pack.h"

namespace argent::archive {

using Sha256Digest = std::array<uint8_t, 32>;

struct RecipeStep {
  enum class Kind : uint8_t { kLiteral = 1, kFrame = 2, kSwappedFrame = 3 };
  Kind kind = Kind::kLiteral;
  uint32_t literal_bytes = 0;
  StoredFrame frame;
  uint64_t bytes() const { return kind == Kind::kLiteral ? literal_bytes : frame.format.bytes; }
};

struct Recipe {
  uint64_t sequence = 0;
  Sha256Digest data_set_sha256{};
  uint64_t position = 0;
  std::vector<RecipeStep> steps;
  std::string literals;  // of all literal steps, in order

  void AddLiteral(ByteView bytes);
  uint64_t bytes() const;
  std::string Encode() const;
  static Result<Recipe> Decode(ByteView bytes);
};

// A frame as a recipe, and the catalog's index of frames, have it.
void PutFrame(const StoredFrame& frame, ByteWriter* writer);
Result<StoredFrame> TakeFrame(ByteReader* reader);

// Swaps the bytes of each 16-bit word; an odd last byte stays.
void SwapWords(MutableByteView bytes);

}  // namespace argent::archive
