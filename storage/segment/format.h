// The bytes of a segment (specified with a worked example in storage/FORMAT.md). All numbers are little
// endian.
//
// A segment file is a header block and then records. Everything starts at a multiple of 4096, so that
// O_DIRECT writes never touch a block that was flushed before, and a torn write cannot damage an earlier
// record.
//
// Segment header, one block:
//      0   8  "ARGSEG01"
//      8   4  format version
//     12   4  segment id
//     16  16  archive id
//     32   8  created, microseconds since 1970 UTC
//     40   8  last sequence before this segment
//     48   4  role (SegmentRole)
//     52   4  vault: first log segment that it stands for
//     56   4  vault: last log segment that it stands for
//     60      zeros
//   4092   4  CRC-32 of bytes 0 to 4091
//
// Record header, 512 bytes:
//      0   4  "ARGR"
//      4   2  format version
//      6   2  kind (RecordKind)
//      8   4  segment id (own: catches misdirected blocks)
//     12   4  CRC-32 of these 512 bytes with this field zero
//     16   8  offset in the file (own)
//     24   8  payload bytes
//     32   8  durable through: every byte below this offset had been flushed when this was written
//     40   8  previous commit: offset of the last commit record before, or 0
//     48   4  payload block bytes (65536)
//     52   4  payload block count
//     56   8  zeros
//     64      CRC-32 of each payload block, 4 bytes each, then zeros
//    512      payload, then zeros to a multiple of 4096
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/base/bytes.h"
#include "storage/base/status.h"
#include "storage/segment/extent.h"
#include "storage/segment/fact.h"

namespace argent::storage {

inline constexpr uint32_t kFormatVersion = 1;
inline constexpr size_t kBlockBytes = 4096;  // unit of layout; equals kIoAlignment
inline constexpr size_t kRecordHeaderBytes = 512;
inline constexpr size_t kChecksumBlockBytes = 65536;  // one frame is verified without its neighbours
inline constexpr size_t kChecksumBlocksMax = (kRecordHeaderBytes - 64) / 4;
inline constexpr size_t kPayloadBytesMax = kChecksumBlocksMax * kChecksumBlockBytes;  // 7 MiB
inline constexpr size_t kSealTrailerBytes = 16;

using ArchiveId = std::array<uint8_t, 16>;

enum class SegmentRole : uint32_t {
  kLog = 0,    // facts and data in the order of their arrival
  kVault = 1,  // stands for log segments `covers_first` to `covers_last`: all their facts that still count
};

struct SegmentHeader {
  uint32_t segment = 0;
  ArchiveId archive_id{};
  int64_t created_unix_micros = 0;
  uint64_t last_sequence_before = 0;
  SegmentRole role = SegmentRole::kLog;
  uint32_t covers_first = 0;  // kVault: ids of log segments
  uint32_t covers_last = 0;
};
void EncodeSegmentHeader(const SegmentHeader& header, MutableByteView block);  // kBlockBytes
// kCorruption: damaged; kUnsupported: written by a newer format version.
Result<SegmentHeader> DecodeSegmentHeader(ByteView block);

enum class RecordKind : uint16_t {
  kData = 1,          // payload: bytes of a Data Set as received (all, or a piece)
  kCommit = 2,        // payload: facts; they make the data they refer to exist
  kSeal = 3,          // payload: the segment's table of contents; nothing follows
  kVaultFrames = 4,   // payload: frames (archive/vault/frame_pack.h)
  kVaultHeaders = 5,  // payload: how Data Sets are put together again (archive/vault/header_pack.h)
  kVaultSummary = 6,  // payload: what was made of it, in numbers (archive/vault/vault_summary.h)
};

struct RecordHeader {
  RecordKind kind = RecordKind::kData;
  uint32_t segment = 0;
  uint64_t offset = 0;
  uint64_t payload_bytes = 0;
  uint64_t durable_through = 0;
  uint64_t previous_commit = 0;
  std::vector<uint32_t> block_checksums{};

  // Bytes from this record's start to the next one's.
  uint64_t RecordBytes() const;
};
uint64_t RecordBytesFor(uint64_t payload_bytes);
void EncodeRecordHeader(const RecordHeader& header, MutableByteView out);  // kRecordHeaderBytes
// kCorruption unless `bytes` hold a valid header of exactly this segment and offset; kUnsupported: of a newer
// format version.
Result<RecordHeader> DecodeRecordHeader(ByteView bytes, uint32_t segment, uint64_t offset);

// CRC-32 of each kChecksumBlockBytes of a payload that lies in several pieces of memory.
std::vector<uint32_t> BlockChecksums(const std::vector<ByteView>& payload_pieces);

// Payload of a commit record: u32 count; each: u64 sequence, u16 kind, u16 zero, u32 length, body.
void AppendFact(const Fact& fact, std::string* payload);
std::string BeginCommitPayload();
void SetFactCount(std::string* payload, uint32_t count);
Result<std::vector<Fact>> DecodeCommitPayload(ByteView payload);

// Payload of a seal record: u64 last sequence, u32 count, u64 offset of each commit record. The file ends
// with a trailer: u64 offset of the seal record, "ARGSEAL1".
struct SealContents {
  uint64_t last_sequence = 0;
  std::vector<uint64_t> commit_offsets;
};
std::string EncodeSealPayload(const SealContents& contents);
Result<SealContents> DecodeSealPayload(ByteView payload);
void EncodeSealTrailer(uint64_t seal_offset, MutableByteView out);  // kSealTrailerBytes
// The seal record's offset; kNotFound when these bytes are no trailer.
Result<uint64_t> DecodeSealTrailer(ByteView bytes);

}  // namespace argent::storage
