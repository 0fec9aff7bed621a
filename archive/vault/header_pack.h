// Recipes of many Instances of a Series compressed together: the payload of a record of kind kVaultHeaders.
// The headers of a Series are nearly the same, so together they cost a fraction; one read gives any of them.
//
//   u32 length of what follows when decompressed, then one zstd frame of: u32 count, u32 length of each
//   recipe, the recipes.
// A recipe is addressed by the extent {segment, offset of the record + 1 + its number, bytes of its part of
// the Data Set}: records start at multiples of 4096, so an offset that is none addresses a recipe.
#pragma once

#include <string>
#include <vector>

#include "storage/base/bytes.h"
#include "storage/base/status.h"
#include "storage/segment/extent.h"
#include "storage/segment/format.h"

namespace argent::archive {

// A pack is closed when it has this much (decompressed) or this many recipes.
inline constexpr size_t kHeaderPackBytes = size_t{512} << 10;
inline constexpr size_t kHeaderPackRecipesMax = 4000;
static_assert(kHeaderPackRecipesMax + 1 < storage::kBlockBytes);
// A pack that claims more is damaged: recipes of Instances with a million frames stay below.
inline constexpr size_t kHeaderPackBytesMax = size_t{256} << 20;

Result<std::string> EncodeHeaderPack(const std::vector<std::string>& recipes);
Result<std::vector<std::string>> DecodeHeaderPack(ByteView payload);

inline bool IsRecipeExtent(const storage::Extent& extent) {
  return extent.offset % storage::kBlockBytes != 0;
}
inline storage::Extent RecipeExtent(const storage::Extent& record, size_t number, uint32_t bytes) {
  return {record.segment, record.offset + 1 + number, bytes};
}
inline uint64_t RecordOffsetOf(const storage::Extent& recipe) {
  return recipe.offset / storage::kBlockBytes * storage::kBlockBytes;
}
inline size_t RecipeNumberOf(const storage::Extent& recipe) {
  return static_cast<size_t>(recipe.offset % storage::kBlockBytes) - 1;
}

}  // namespace argent::archive
