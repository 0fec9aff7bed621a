#include "storage/segment/format.h"

#include <fmt/format.h>

#include <algorithm>

#include "storage/segment/checksum.h"

namespace argent::storage {

namespace {
constexpr std::string_view kSegmentMagic = "ARGSEG01";
constexpr std::string_view kRecordMagic = "ARGR";
constexpr std::string_view kSealMagic = "ARGSEAL1";
constexpr size_t kSegmentChecksumOffset = kBlockBytes - 4;
constexpr size_t kRecordChecksumOffset = 12;
constexpr size_t kFactHeaderBytes = 16;

static_assert(kChecksumBlocksMax == 112);
static_assert(kRecordHeaderBytes < kBlockBytes);

void PutText(std::string_view text, uint8_t* out) { std::memcpy(out, text.data(), text.size()); }
bool HasText(ByteView bytes, std::string_view text) { return AsText(bytes.first(text.size())) == text; }

uint32_t RecordHeaderChecksum(ByteView bytes) {
  static constexpr uint8_t kZeros[4] = {};
  uint32_t crc = Crc32(bytes.first(kRecordChecksumOffset));
  crc = Crc32(kZeros, crc);
  return Crc32(bytes.subspan(kRecordChecksumOffset + 4, kRecordHeaderBytes - kRecordChecksumOffset - 4), crc);
}
}  // namespace

void EncodeSegmentHeader(const SegmentHeader& header, MutableByteView block) {
  ARGENT_CHECK(block.size() >= kBlockBytes);
  uint8_t* p = block.data();
  std::memset(p, 0, kBlockBytes);
  PutText(kSegmentMagic, p);
  StoreLe32(p + 8, kFormatVersion);
  StoreLe32(p + 12, header.segment);
  std::memcpy(p + 16, header.archive_id.data(), header.archive_id.size());
  StoreLe64(p + 32, static_cast<uint64_t>(header.created_unix_micros));
  StoreLe64(p + 40, header.last_sequence_before);
  StoreLe32(p + 48, static_cast<uint32_t>(header.role));
  StoreLe32(p + 52, header.covers_first);
  StoreLe32(p + 56, header.covers_last);
  StoreLe32(p + kSegmentChecksumOffset, Crc32({p, kSegmentChecksumOffset}));
}

Result<SegmentHeader> DecodeSegmentHeader(ByteView block) {
  if (block.size() < kBlockBytes || !HasText(block, kSegmentMagic)) {
    return Status::Corruption("this is not a segment: the first bytes are not ARGSEG01");
  }
  const uint8_t* p = block.data();
  if (Crc32(block.first(kSegmentChecksumOffset)) != LoadLe32(p + kSegmentChecksumOffset)) {
    return Status::Corruption("the segment header's checksum differs");
  }
  if (uint32_t version = LoadLe32(p + 8); version != kFormatVersion) {
    return Status::Unsupported(
        fmt::format("the segment has format version {}; this program knows {}", version, kFormatVersion));
  }
  SegmentHeader header;
  header.segment = LoadLe32(p + 12);
  std::memcpy(header.archive_id.data(), p + 16, header.archive_id.size());
  header.created_unix_micros = static_cast<int64_t>(LoadLe64(p + 32));
  header.last_sequence_before = LoadLe64(p + 40);
  header.role = static_cast<SegmentRole>(LoadLe32(p + 48));
  header.covers_first = LoadLe32(p + 52);
  header.covers_last = LoadLe32(p + 56);
  return header;
}

uint64_t RecordBytesFor(uint64_t payload_bytes) {
  return (kRecordHeaderBytes + payload_bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
}
uint64_t RecordHeader::RecordBytes() const { return RecordBytesFor(payload_bytes); }

void EncodeRecordHeader(const RecordHeader& header, MutableByteView out) {
  ARGENT_CHECK(out.size() >= kRecordHeaderBytes);
  ARGENT_CHECK(header.block_checksums.size() <= kChecksumBlocksMax);
  uint8_t* p = out.data();
  std::memset(p, 0, kRecordHeaderBytes);
  PutText(kRecordMagic, p);
  StoreLe16(p + 4, static_cast<uint16_t>(kFormatVersion));
  StoreLe16(p + 6, static_cast<uint16_t>(header.kind));
  StoreLe32(p + 8, header.segment);
  StoreLe64(p + 16, header.offset);
  StoreLe64(p + 24, header.payload_bytes);
  StoreLe64(p + 32, header.durable_through);
  StoreLe64(p + 40, header.previous_commit);
  StoreLe32(p + 48, kChecksumBlockBytes);
  StoreLe32(p + 52, static_cast<uint32_t>(header.block_checksums.size()));
  for (size_t i = 0; i < header.block_checksums.size(); ++i)
    StoreLe32(p + 64 + 4 * i, header.block_checksums[i]);
  StoreLe32(p + kRecordChecksumOffset, RecordHeaderChecksum(out));
}

Result<RecordHeader> DecodeRecordHeader(ByteView bytes, uint32_t segment, uint64_t offset) {
  auto damaged = [&](std::string_view why) {
    return Status::Corruption(fmt::format("segment {} offset {}: {}", segment, offset, why));
  };
  if (bytes.size() < kRecordHeaderBytes || !HasText(bytes, kRecordMagic))
    return damaged("no record starts here");
  const uint8_t* p = bytes.data();
  if (RecordHeaderChecksum(bytes) != LoadLe32(p + kRecordChecksumOffset))
    return damaged("the record header's checksum differs");
  if (uint16_t version = LoadLe16(p + 4); version != kFormatVersion) {
    return Status::Unsupported(
        fmt::format("segment {} offset {}: the record has format version {}; this program knows {}", segment,
                    offset, version, kFormatVersion));
  }
  RecordHeader header;
  header.kind = static_cast<RecordKind>(LoadLe16(p + 6));
  header.segment = LoadLe32(p + 8);
  header.offset = LoadLe64(p + 16);
  if (header.segment != segment || header.offset != offset) {
    return damaged(fmt::format("holds the record of segment {} offset {} (misdirected write)", header.segment,
                               header.offset));
  }
  header.payload_bytes = LoadLe64(p + 24);
  header.durable_through = LoadLe64(p + 32);
  header.previous_commit = LoadLe64(p + 40);
  uint64_t block_count = LoadLe32(p + 52);
  uint64_t expected_blocks = (header.payload_bytes + kChecksumBlockBytes - 1) / kChecksumBlockBytes;
  if (header.payload_bytes > kPayloadBytesMax || block_count != expected_blocks ||
      LoadLe32(p + 48) != kChecksumBlockBytes) {
    return damaged("the record header's lengths contradict each other");
  }
  for (size_t i = 0; i < block_count; ++i) header.block_checksums.push_back(LoadLe32(p + 64 + 4 * i));
  return header;
}

std::vector<uint32_t> BlockChecksums(const std::vector<ByteView>& payload_pieces) {
  std::vector<uint32_t> checksums;
  uint32_t crc = 0;
  size_t filled = 0;
  for (ByteView piece : payload_pieces) {
    while (!piece.empty()) {
      size_t take = std::min(piece.size(), kChecksumBlockBytes - filled);
      crc = Crc32(piece.first(take), crc);
      piece = piece.subspan(take);
      filled += take;
      if (filled == kChecksumBlockBytes) {
        checksums.push_back(crc);
        crc = 0;
        filled = 0;
      }
    }
  }
  if (filled > 0) checksums.push_back(crc);
  return checksums;
}

std::string BeginCommitPayload() { return std::string(4, '\0'); }

void SetFactCount(std::string* payload, uint32_t count) {
  StoreLe32(reinterpret_cast<uint8_t*>(payload->data()), count);
}

void AppendFact(const Fact& fact, std::string* payload) {
  ByteWriter writer(payload);
  writer.U64(fact.sequence);
  writer.U16(static_cast<uint16_t>(fact.kind));
  writer.U16(0);
  writer.LongBytes(AsBytes(fact.body));
}

Result<std::vector<Fact>> DecodeCommitPayload(ByteView payload) {
  ByteReader reader(payload);
  uint32_t count = reader.U32();
  if (count > payload.size() / kFactHeaderBytes)
    return Status::Corruption("a commit record counts more facts than it can hold");
  std::vector<Fact> facts;
  facts.reserve(count);
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    Fact fact;
    fact.sequence = reader.U64();
    fact.kind = static_cast<FactKind>(reader.U16());
    reader.U16();
    fact.body = std::string(AsText(reader.LongBytes()));
    facts.push_back(std::move(fact));
  }
  if (!reader.ok() || reader.remaining() != 0)
    return Status::Corruption("a commit record's facts do not fill it exactly");
  return facts;
}

std::string EncodeSealPayload(const SealContents& contents) {
  std::string payload;
  ByteWriter writer(&payload);
  writer.U64(contents.last_sequence);
  writer.U32(static_cast<uint32_t>(contents.commit_offsets.size()));
  for (uint64_t offset : contents.commit_offsets) writer.U64(offset);
  return payload;
}

Result<SealContents> DecodeSealPayload(ByteView payload) {
  ByteReader reader(payload);
  SealContents contents;
  contents.last_sequence = reader.U64();
  uint32_t count = reader.U32();
  if (count > payload.size() / 8)
    return Status::Corruption("a seal record counts more commits than it can hold");
  for (uint32_t i = 0; i < count; ++i) contents.commit_offsets.push_back(reader.U64());
  if (!reader.ok() || reader.remaining() != 0)
    return Status::Corruption("a seal record's commits do not fill it exactly");
  return contents;
}

void EncodeSealTrailer(uint64_t seal_offset, MutableByteView out) {
  StoreLe64(out.data(), seal_offset);
  PutText(kSealMagic, out.data() + 8);
}

Result<uint64_t> DecodeSealTrailer(ByteView bytes) {
  if (bytes.size() < kSealTrailerBytes || AsText(bytes.subspan(8, 8)) != kSealMagic)
    return Status::NotFound("no seal");
  return LoadLe64(bytes.data());
}

}  // namespace argent::storage
