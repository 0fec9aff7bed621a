#include "archive/vault/vault_summary.h"

#include <algorithm>

namespace argent::archive {

namespace {
constexpr uint8_t kVersion = 1;
constexpr uint64_t VaultSummary::*kNumbers[] = {
    &VaultSummary::instances,         &VaultSummary::data_set_bytes,   &VaultSummary::literal_bytes,
    &VaultSummary::header_pack_bytes, &VaultSummary::frames,           &VaultSummary::frame_bytes,
    &VaultSummary::codestream_bytes,  &VaultSummary::frames_encoded,   &VaultSummary::frames_shared,
    &VaultSummary::shared_bytes,      &VaultSummary::instances_shared, &VaultSummary::built_unix_micros};
}  // namespace

void VaultSummary::Add(const VaultSummary& other) {
  // Of several segments the oldest proof counts.
  uint64_t built = other.built_unix_micros;
  if (built_unix_micros != 0) built = std::min(built, built_unix_micros);
  for (auto number : kNumbers) this->*number += other.*number;
  built_unix_micros = built;
  for (const auto& [key, value] : other.kept) {
    kept[key].instances += value.instances;
    kept[key].bytes += value.bytes;
  }
}

std::string VaultSummary::Encode() const {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kVersion);
  for (auto number : kNumbers) writer.U64(this->*number);
  writer.U32(static_cast<uint32_t>(kept.size()));
  for (const auto& [key, value] : kept) {
    writer.ShortText(key.first);
    writer.ShortText(key.second);
    writer.U64(value.instances);
    writer.U64(value.bytes);
  }
  return out;
}

Result<VaultSummary> VaultSummary::Decode(ByteView bytes) {
  ByteReader reader(bytes);
  VaultSummary summary;
  if (reader.U8() != kVersion) return Status::Corruption("a vault summary of an unknown version");
  for (auto number : kNumbers) summary.*number = reader.U64();
  const uint32_t count = reader.U32();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    std::string reason = reader.ShortText();
    std::string model = reader.ShortText();
    Kept& kept = summary.kept[{reason, model}];
    kept.instances = reader.U64();
    kept.bytes = reader.U64();
  }
  if (!reader.ok() || reader.remaining() != 0)
    return Status::Corruption("a vault summary that ends too early or too late");
  return summary;
}

}  // namespace argent::archive
