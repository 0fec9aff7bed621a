#include "storage/segment/segment_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace argent::storage {

namespace {
constexpr size_t kOpenFilesMax = 128;

uint64_t RoundUp(uint64_t value) { return (value + kBlockBytes - 1) / kBlockBytes * kBlockBytes; }

// Checks blocks [first, …) that lie in `bytes`, which starts at payload byte first × kChecksumBlockBytes.
Status VerifyBlocks(const RecordHeader& header, size_t first, ByteView bytes) {
  for (size_t block = first; !bytes.empty(); ++block) {
    ByteView piece = bytes.first(std::min(bytes.size(), kChecksumBlockBytes));
    if (BlockChecksums({piece}).front() != header.block_checksums[block]) {
      return Status::Corruption(
          fmt::format("segment {} offset {}: payload block {} does not match its checksum", header.segment,
                      header.offset, block));
    }
    bytes = bytes.subspan(piece.size());
  }
  return Status::Ok();
}
}  // namespace

Result<RecordHeader> ReadRecordHeader(Io* io, IoFile* file, uint32_t segment, uint64_t offset) {
  AlignedBuffer block(kBlockBytes);
  ARGENT_ASSIGN_OR_RETURN(size_t got, ReadSync(io, file, offset, {block.data(), block.size()}));
  return DecodeRecordHeader({block.data(), got}, segment, offset);
}

Result<std::string> ReadPayload(Io* io, IoFile* file, const RecordHeader& header) {
  AlignedBuffer buffer(header.RecordBytes());
  ARGENT_ASSIGN_OR_RETURN(size_t got, ReadSync(io, file, header.offset, {buffer.data(), buffer.size()}));
  if (got < kRecordHeaderBytes + header.payload_bytes) {
    return Status::Corruption(
        fmt::format("segment {} offset {}: the file ends inside the record", header.segment, header.offset));
  }
  ByteView payload(buffer.data() + kRecordHeaderBytes, static_cast<size_t>(header.payload_bytes));
  ARGENT_RETURN_IF_ERROR(VerifyBlocks(header, 0, payload));
  return std::string(AsText(payload));
}

Status WriteSeal(Io* io, IoFile* file, uint32_t segment, uint64_t tail, const SealContents& contents) {
  std::string payload = EncodeSealPayload(contents);
  RecordHeader header{.kind = RecordKind::kSeal, .segment = segment, .offset = tail};
  header.payload_bytes = payload.size();
  header.durable_through = tail;
  header.previous_commit = contents.commit_offsets.empty() ? 0 : contents.commit_offsets.back();
  header.block_checksums = BlockChecksums({AsBytes(payload)});
  uint64_t bytes = RoundUp(kRecordHeaderBytes + payload.size() + kSealTrailerBytes);
  AlignedBuffer buffer(bytes);
  EncodeRecordHeader(header, {buffer.data(), buffer.size()});
  std::memcpy(buffer.data() + kRecordHeaderBytes, payload.data(), payload.size());
  EncodeSealTrailer(tail, {buffer.data() + bytes - kSealTrailerBytes, kSealTrailerBytes});
  ARGENT_RETURN_IF_ERROR(WriteSync(io, file, tail, {buffer.data(), buffer.size()}));
  ARGENT_RETURN_IF_ERROR(io->Truncate(file, tail + bytes));
  return SyncSync(io, file);
}

Result<std::shared_ptr<IoFile>> SegmentDataReader::FileOf(uint32_t segment, SegmentRole role) {
  {
    MutexLock lock(&mutex_);
    auto found = files_.find(segment);
    if (found != files_.end()) return found->second;
  }
  ARGENT_ASSIGN_OR_RETURN(std::unique_ptr<IoFile> file,
                          segments_->Open(segment, role, {.mode = OpenMode::kRead, .direct = true}, nullptr));
  std::shared_ptr<IoFile> shared = std::move(file);
  MutexLock lock(&mutex_);
  if (files_.size() >= kOpenFilesMax) files_.erase(files_.begin());
  files_[segment] = shared;
  return shared;
}

void SegmentDataReader::Forget(uint32_t segment) {
  MutexLock lock(&mutex_);
  files_.erase(segment);
}

Result<std::string> SegmentDataReader::ReadWholeRecord(uint32_t segment, uint64_t offset, RecordKind kind) {
  SegmentRole role = kind == RecordKind::kData ? SegmentRole::kLog : SegmentRole::kVault;
  ARGENT_ASSIGN_OR_RETURN(std::shared_ptr<IoFile> file, FileOf(segment, role));
  ARGENT_ASSIGN_OR_RETURN(RecordHeader header,
                          ReadRecordHeader(segments_->io(), file.get(), segment, offset));
  if (header.kind != kind) {
    return Status::Corruption(fmt::format(
        "segment {} offset {}: not the record that is expected there (run argent rebuild-catalog)", segment,
        offset));
  }
  return ReadPayload(segments_->io(), file.get(), header);
}

Status SegmentDataReader::ReadRecord(const Extent& extent, RecordKind kind, uint64_t position,
                                     uint64_t length, const Sink& sink) {
  SegmentRole role = kind == RecordKind::kData ? SegmentRole::kLog : SegmentRole::kVault;
  ARGENT_ASSIGN_OR_RETURN(std::shared_ptr<IoFile> file, FileOf(extent.segment, role));
  Io* io = segments_->io();
  uint64_t first_block = position / kChecksumBlockBytes;
  uint64_t begin = first_block * kChecksumBlockBytes;
  uint64_t end = std::min<uint64_t>(extent.length, (position + length + kChecksumBlockBytes - 1) /
                                                       kChecksumBlockBytes * kChecksumBlockBytes);
  // From the front the header comes along; further in it is a read of its own.
  bool with_header = begin == 0;
  uint64_t file_begin =
      extent.offset + (with_header ? 0 : (kRecordHeaderBytes + begin) / kBlockBytes * kBlockBytes);
  AlignedBuffer buffer(RoundUp(extent.offset + kRecordHeaderBytes + end - file_begin));
  ARGENT_ASSIGN_OR_RETURN(size_t got, ReadSync(io, file.get(), file_begin, {buffer.data(), buffer.size()}));
  Result<RecordHeader> header = with_header
                                    ? DecodeRecordHeader({buffer.data(), got}, extent.segment, extent.offset)
                                    : ReadRecordHeader(io, file.get(), extent.segment, extent.offset);
  if (!header.ok()) return header.status();
  uint64_t skip = extent.offset + kRecordHeaderBytes + begin - file_begin;
  if (header->kind != kind || header->payload_bytes != extent.length || got < skip + (end - begin)) {
    return Status::Corruption(fmt::format(
        "segment {} offset {}: not the record that is expected there (run argent rebuild-catalog)",
        extent.segment, extent.offset));
  }
  ByteView blocks(buffer.data() + skip, static_cast<size_t>(end - begin));
  ARGENT_RETURN_IF_ERROR(VerifyBlocks(*header, static_cast<size_t>(first_block), blocks));
  return sink(blocks.subspan(static_cast<size_t>(position - begin), static_cast<size_t>(length)));
}

Status SegmentDataReader::Read(std::span<const Extent> extents, uint64_t position, uint64_t length,
                               const Sink& sink) {
  for (const Extent& extent : extents) {
    if (length == 0) break;
    if (position >= extent.length) {
      position -= extent.length;
      continue;
    }
    uint64_t take = std::min<uint64_t>(length, extent.length - position);
    ARGENT_RETURN_IF_ERROR(ReadRecord(extent, RecordKind::kData, position, take, sink));
    position = 0;
    length -= take;
  }
  return length == 0 ? Status::Ok() : Status::InvalidArgument("a read beyond the end of the Data Set");
}

}  // namespace argent::storage
