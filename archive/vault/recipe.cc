#include "archive/vault/recipe.h"

#include <algorithm>

namespace argent::archive {

namespace {
constexpr uint8_t kVersion = 1;

}  // namespace

void PutFrame(const StoredFrame& frame, ByteWriter* writer) {
  writer->Bytes(frame.hash);
  writer->U32(frame.origin);
  writer->U32(frame.number);
  writer->U8(static_cast<uint8_t>(frame.codec));
  writer->Bytes(EncodeGeometry(frame.format.pixels));
  writer->U64(frame.format.bytes);
  writer->U16(static_cast<uint16_t>(frame.parts.size()));
  for (const BlobRef& part : frame.parts) {
    writer->U32(part.record.segment);
    writer->U64(part.record.offset);
    writer->U32(part.record.length);
    writer->U32(part.position);
    writer->U32(part.length);
  }
}

Result<StoredFrame> TakeFrame(ByteReader* reader) {
  StoredFrame frame;
  ByteView hash = reader->Bytes(16);
  std::copy(hash.begin(), hash.end(), frame.hash.begin());
  frame.origin = reader->U32();
  frame.number = reader->U32();
  frame.codec = static_cast<codec::FrameCodecKind>(reader->U8());
  ByteView geometry = reader->Bytes(16);
  frame.format.bytes = reader->U64();
  const uint16_t count = reader->U16();
  if (!reader->ok()) return Status::Corruption("a recipe that ends too early");
  ARGENT_ASSIGN_OR_RETURN(frame.format.pixels, DecodeGeometry(geometry));
  for (uint16_t i = 0; i < count && reader->ok(); ++i) {
    BlobRef part;
    part.record.segment = reader->U32();
    part.record.offset = reader->U64();
    part.record.length = reader->U32();
    part.position = reader->U32();
    part.length = reader->U32();
    frame.parts.push_back(part);
  }
  return frame;
}
void Recipe::AddLiteral(ByteView bytes) {
  if (bytes.empty()) return;
  literals.append(AsText(bytes));
  if (!steps.empty() && steps.back().kind == RecipeStep::Kind::kLiteral) {
    steps.back().literal_bytes += static_cast<uint32_t>(bytes.size());
  } else {
    RecipeStep step;
    step.literal_bytes = static_cast<uint32_t>(bytes.size());
    steps.push_back(std::move(step));
  }
}

uint64_t Recipe::bytes() const {
  uint64_t sum = 0;
  for (const RecipeStep& step : steps) sum += step.bytes();
  return sum;
}

std::string Recipe::Encode() const {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kVersion);
  writer.U8(0);
  writer.U64(sequence);
  writer.Bytes(data_set_sha256);
  writer.U64(position);
  writer.U64(bytes());
  writer.U32(static_cast<uint32_t>(steps.size()));
  for (const RecipeStep& step : steps) {
    writer.U8(static_cast<uint8_t>(step.kind));
    if (step.kind == RecipeStep::Kind::kLiteral) {
      writer.U32(step.literal_bytes);
    } else {
      PutFrame(step.frame, &writer);
    }
  }
  writer.LongBytes(AsBytes(literals));
  return out;
}

Result<Recipe> Recipe::Decode(ByteView bytes) {
  const Status damaged = Status::Corruption("a vault recipe that is not whole");
  ByteReader reader(bytes);
  Recipe recipe;
  if (reader.U8() != kVersion) return Status::Corruption("a vault recipe of an unknown version");
  reader.U8();
  recipe.sequence = reader.U64();
  ByteView sha = reader.Bytes(32);
  std::copy(sha.begin(), sha.end(), recipe.data_set_sha256.begin());
  recipe.position = reader.U64();
  const uint64_t total = reader.U64();
  const uint32_t count = reader.U32();
  if (!reader.ok() || count > reader.remaining()) return damaged;
  uint64_t literal_bytes = 0;
  for (uint32_t i = 0; i < count; ++i) {
    RecipeStep step;
    step.kind = static_cast<RecipeStep::Kind>(reader.U8());
    if (step.kind == RecipeStep::Kind::kLiteral) {
      step.literal_bytes = reader.U32();
      literal_bytes += step.literal_bytes;
    } else if (step.kind == RecipeStep::Kind::kFrame || step.kind == RecipeStep::Kind::kSwappedFrame) {
      ARGENT_ASSIGN_OR_RETURN(step.frame, TakeFrame(&reader));
    } else {
      return damaged;
    }
    if (!reader.ok()) return damaged;
    recipe.steps.push_back(std::move(step));
  }
  recipe.literals = AsText(reader.LongBytes());
  if (!reader.ok() || reader.remaining() != 0 || recipe.literals.size() != literal_bytes ||
      recipe.bytes() != total)
    return damaged;
  return recipe;
}

void SwapWords(MutableByteView bytes) {
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) std::swap(bytes[i], bytes[i + 1]);
}

}  // namespace argent::archive
