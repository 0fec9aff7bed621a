#include "archive/vault/vault_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "archive/vault/frame_encoder.h"
#include "archive/vault/header_pack.h"
#include "storage/base/log.h"

namespace argent::archive {

namespace {
constexpr size_t kPacksMax = 16;
constexpr size_t kCodecsMax = 16;
constexpr size_t kPieceBytesMax = size_t{2} << 20;

Status SinkPieces(ByteView bytes, const storage::DataReader::Sink& sink) {
  while (!bytes.empty()) {
    ByteView piece = bytes.first(std::min(bytes.size(), kPieceBytesMax));
    ARGENT_RETURN_IF_ERROR(sink(piece));
    bytes = bytes.subspan(piece.size());
  }
  return Status::Ok();
}
}  // namespace

std::span<const storage::Extent> RecipesOf(std::span<const storage::Extent> extents) {
  auto end = std::find_if_not(extents.begin(), extents.end(), IsRecipeExtent);
  return extents.first(static_cast<size_t>(end - extents.begin()));
}

Status VaultReader::Read(std::span<const storage::Extent> extents, uint64_t position, uint64_t length,
                         const Sink& sink) {
  std::span<const storage::Extent> recipes = RecipesOf(extents);
  std::span<const storage::Extent> fresh = extents.subspan(recipes.size());
  if (recipes.empty()) return segments_->Read(fresh, position, length, sink);
  if (!fresh.empty()) {
    uint64_t delivered = 0;
    Status refused;  // by the sink: that is not ours to repair
    Status status = segments_->Read(fresh, position, length, [&](ByteView bytes) {
      refused = sink(bytes);
      if (refused.ok()) delivered += bytes.size();
      return refused;
    });
    if (status.ok() || !refused.ok()) return status;
    if (status.code() != StatusCode::kNotFound)
      ARGENT_LOG_WARNING("read from the vault instead of the log: {}", status.message());
    position += delivered;
    length -= delivered;
  }
  for (const storage::Extent& recipe : recipes) {
    if (length == 0) break;
    if (position >= recipe.length) {
      position -= recipe.length;
      continue;
    }
    uint64_t take = std::min<uint64_t>(length, recipe.length - position);
    ARGENT_RETURN_IF_ERROR(ReadVault(recipe, position, take, sink));
    position = 0;
    length -= take;
  }
  return length == 0 ? Status::Ok() : Status::InvalidArgument("a read beyond the end of the Data Set");
}

Result<VaultReader::Pack> VaultReader::ReadPack(uint32_t segment, uint64_t offset) {
  const std::pair<uint32_t, uint64_t> key(segment, offset);
  {
    MutexLock lock(&mutex_);
    for (auto it = packs_.begin(); it != packs_.end(); ++it) {
      if (it->first != key) continue;
      packs_.splice(packs_.begin(), packs_, it);
      return packs_.front().second;
    }
  }
  ARGENT_ASSIGN_OR_RETURN(std::string payload,
                          segments_->ReadWholeRecord(segment, offset, storage::RecordKind::kVaultHeaders));
  Result<std::vector<std::string>> recipes = DecodeHeaderPack(AsBytes(payload));
  if (!recipes.ok())
    return recipes.status().WithContext(fmt::format("vault segment {} offset {}", segment, offset));
  auto pack = std::make_shared<const std::vector<std::string>>(std::move(*recipes));
  MutexLock lock(&mutex_);
  packs_.emplace_front(key, pack);
  if (packs_.size() > kPacksMax) packs_.pop_back();
  return pack;
}

Result<Recipe> VaultReader::ReadRecipe(const storage::Extent& extent) {
  ARGENT_ASSIGN_OR_RETURN(Pack pack, ReadPack(extent.segment, RecordOffsetOf(extent)));
  size_t number = RecipeNumberOf(extent);
  if (number >= pack->size())
    return Status::Corruption(fmt::format("vault segment {} offset {}: there is no recipe {}", extent.segment,
                                          RecordOffsetOf(extent), number));
  Result<Recipe> recipe = Recipe::Decode(AsBytes((*pack)[number]));
  if (recipe.ok() && recipe->bytes() != extent.length)
    return Status::Corruption(fmt::format("vault segment {} offset {}: recipe {} is of another Data Set",
                                          extent.segment, RecordOffsetOf(extent), number));
  return recipe;
}

Result<std::string> VaultReader::ReadCodestream(const StoredFrame& frame) {
  std::string codestream;
  codestream.reserve(frame.stored_bytes());
  for (const BlobRef& part : frame.parts) {
    ARGENT_RETURN_IF_ERROR(segments_->ReadRecord(part.record, storage::RecordKind::kVaultFrames,
                                                 part.position, part.length, [&codestream](ByteView bytes) {
                                                   codestream.append(AsText(bytes));
                                                   return Status::Ok();
                                                 }));
  }
  return codestream;
}

Status VaultReader::ReadCells(const StoredFrame& frame, std::string* cells) {
  ARGENT_ASSIGN_OR_RETURN(std::string codestream, ReadCodestream(frame));
  if (frame.codec == codec::FrameCodecKind::kNone) {
    *cells = std::move(codestream);
    return cells->size() == frame.format.bytes ? Status::Ok()
                                               : Status::Corruption("a stored frame of another length");
  }
  if (frame.codec == kZstdCodec) {
    cells->resize(frame.format.bytes);
    return DecodeZstd(AsBytes(codestream), cells);
  }
  std::unique_ptr<codec::FrameCodec> codec = TakeCodec(frame.codec);
  if (!codec) return Status::Corruption("a stored frame in a codec this version does not have");
  cells->resize(frame.format.bytes);
  Status status = codec->Decode(frame.format.pixels, AsBytes(codestream),
                                {reinterpret_cast<uint8_t*>(cells->data()), cells->size()});
  GiveCodec(std::move(codec));
  return status;
}

Status VaultReader::ReadVault(const storage::Extent& extent, uint64_t position, uint64_t length,
                              const Sink& sink) {
  ARGENT_ASSIGN_OR_RETURN(Recipe recipe, ReadRecipe(extent));
  ByteView literals = AsBytes(recipe.literals);
  std::string cells;
  for (const RecipeStep& step : recipe.steps) {
    if (length == 0) break;
    const uint64_t bytes = step.bytes();
    ByteView literal;
    if (step.kind == RecipeStep::Kind::kLiteral) {
      literal = literals.first(step.literal_bytes);
      literals = literals.subspan(step.literal_bytes);
    }
    if (position >= bytes) {
      position -= bytes;
      continue;
    }
    const uint64_t take = std::min(length, bytes - position);
    if (step.kind != RecipeStep::Kind::kLiteral) {
      Status read = ReadCells(step.frame, &cells);
      if (!read.ok())
        return read.WithContext(fmt::format("vault segment {} offset {}, frame {}", extent.segment,
                                            RecordOffsetOf(extent), step.frame.number));
      if (step.kind == RecipeStep::Kind::kSwappedFrame)
        SwapWords({reinterpret_cast<uint8_t*>(cells.data()), cells.size()});
      literal = AsBytes(cells);
    }
    ARGENT_RETURN_IF_ERROR(
        SinkPieces(literal.subspan(static_cast<size_t>(position), static_cast<size_t>(take)), sink));
    position = 0;
    length -= take;
  }
  return Status::Ok();
}

std::unique_ptr<codec::FrameCodec> VaultReader::TakeCodec(codec::FrameCodecKind kind) {
  {
    MutexLock lock(&mutex_);
    for (auto& idle : codecs_) {
      if (idle->kind() != kind) continue;
      auto codec = std::move(idle);
      idle = std::move(codecs_.back());
      codecs_.pop_back();
      return codec;
    }
  }
  auto made = codec::MakeFrameCodec(kind);
  return made.ok() ? std::move(*made) : nullptr;
}

void VaultReader::GiveCodec(std::unique_ptr<codec::FrameCodec> codec) {
  MutexLock lock(&mutex_);
  if (codecs_.size() < kCodecsMax) codecs_.push_back(std::move(codec));
}

}  // namespace argent::archive
