#include "archive/vault/frame_pack.h"

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include <algorithm>

namespace argent::archive {

namespace {
constexpr size_t kGeometryOffset = 28;
}  // namespace

uint64_t StoredFrame::stored_bytes() const {
  uint64_t bytes = 0;
  for (const BlobRef& part : parts) bytes += part.length;
  return bytes;
}

std::array<uint8_t, 16> EncodeGeometry(const codec::PixelFormat& pixels) {
  std::array<uint8_t, 16> out{};
  if (pixels.rows == 0) return out;
  StoreLe32(&out[0], pixels.rows);
  StoreLe32(&out[4], pixels.columns);
  StoreLe16(&out[8], pixels.samples_per_pixel);
  out[10] = static_cast<uint8_t>(pixels.bits_allocated);
  out[11] = static_cast<uint8_t>(pixels.bits_stored);
  out[12] = static_cast<uint8_t>(pixels.high_bit);
  out[13] = pixels.is_signed ? 1 : 0;
  out[14] = static_cast<uint8_t>(pixels.planar_configuration);
  out[15] = static_cast<uint8_t>(pixels.photometric);
  return out;
}

Result<codec::PixelFormat> DecodeGeometry(ByteView bytes) {
  codec::PixelFormat pixels;
  pixels.rows = LoadLe32(&bytes[0]);
  pixels.columns = LoadLe32(&bytes[4]);
  pixels.samples_per_pixel = LoadLe16(&bytes[8]);
  pixels.bits_allocated = bytes[10];
  pixels.bits_stored = bytes[11];
  pixels.high_bit = bytes[12];
  pixels.is_signed = bytes[13] != 0;
  pixels.planar_configuration = bytes[14];
  if (bytes[15] > static_cast<uint8_t>(codec::Photometric::kOther))
    return Status::Corruption("a stored frame of an unknown Photometric Interpretation");
  pixels.photometric = static_cast<codec::Photometric>(bytes[15]);
  pixels.photometric_text = codec::PhotometricText(pixels.photometric);
  if (pixels.rows != 0) {
    Status valid = pixels.Validate();
    if (!valid.ok()) return Status::Corruption("a stored frame's geometry: " + valid.message());
  }
  return pixels;
}

FrameHash HashFrame(const FrameFormat& format, ByteView cells) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  const auto geometry = EncodeGeometry(format.pixels);
  XXH3_128bits_update(&state, geometry.data(), geometry.size());
  XXH3_128bits_update(&state, cells.data(), cells.size());
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state));
  FrameHash hash;
  std::copy(std::begin(canonical.digest), std::end(canonical.digest), hash.begin());
  return hash;
}

void FramePackBuilder::Add(const StoredFrame& frame, uint16_t part, uint16_t parts, std::string_view piece) {
  std::string entry;
  ByteWriter writer(&entry);
  writer.Bytes(frame.hash);
  writer.U32(frame.origin);
  writer.U32(frame.number);
  writer.U16(part);
  writer.U16(parts);
  writer.Bytes(EncodeGeometry(frame.format.pixels));
  writer.U8(static_cast<uint8_t>(frame.codec));
  writer.U8(0);
  writer.U16(0);
  writer.U64(frame.format.bytes);
  entries_.push_back(std::move(entry));
  lengths_.push_back(static_cast<uint32_t>(piece.size()));
  data_.append(piece);
}

std::string FramePackBuilder::Finish(std::vector<std::pair<uint32_t, uint32_t>>* places) {
  std::string payload;
  ByteWriter writer(&payload);
  writer.U32(static_cast<uint32_t>(entries_.size()));
  size_t at = sizeof(uint32_t) + entries_.size() * kFramePackEntryBytes;
  places->clear();
  for (size_t i = 0; i < entries_.size(); ++i) {
    payload.append(entries_[i]);
    writer.U32(static_cast<uint32_t>(at));
    writer.U32(lengths_[i]);
    writer.U64(0);
    places->emplace_back(static_cast<uint32_t>(at), lengths_[i]);
    at += lengths_[i];
  }
  payload.append(data_);
  entries_.clear();
  lengths_.clear();
  data_.clear();
  return payload;
}

Result<std::vector<FramePackEntry>> DecodeFramePack(const storage::Extent& record, ByteView payload) {
  const Status damaged = Status::Corruption("a frame pack whose directory is damaged");
  ByteReader reader(payload);
  const uint32_t count = reader.U32();
  if (!reader.ok() || count > reader.remaining() / kFramePackEntryBytes) return damaged;
  std::vector<FramePackEntry> entries(count);
  for (FramePackEntry& entry : entries) {
    ByteView hash = reader.Bytes(16);
    std::copy(hash.begin(), hash.end(), entry.frame.hash.begin());
    entry.frame.origin = reader.U32();
    entry.frame.number = reader.U32();
    entry.part = reader.U16();
    entry.parts = reader.U16();
    ARGENT_ASSIGN_OR_RETURN(entry.frame.format.pixels, DecodeGeometry(reader.Bytes(16)));
    entry.frame.codec = static_cast<codec::FrameCodecKind>(reader.U8());
    reader.Bytes(3);
    entry.frame.format.bytes = reader.U64();
    BlobRef piece{record, reader.U32(), reader.U32()};
    reader.U64();
    if (uint64_t{piece.position} + piece.length > payload.size() || entry.part >= entry.parts) return damaged;
    entry.frame.parts.push_back(piece);
  }
  static_assert(kGeometryOffset == 16 + 4 + 4 + 2 + 2);
  return entries;
}

}  // namespace argent::archive
