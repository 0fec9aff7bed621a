#include "storage/segment/vault_segment_writer.h"

#include <algorithm>

#include "storage/segment/segment_reader.h"

namespace argent::storage {

namespace {
constexpr size_t kBufferBytes = size_t{8} << 20;
static_assert(kBufferBytes > kPayloadBytesMax + 2 * kBlockBytes);
constexpr size_t kCommitBytesMax = size_t{4} << 20;
}  // namespace

VaultSegmentWriter::VaultSegmentWriter(SegmentDirectory* segments, SegmentHeader header,
                                       std::unique_ptr<IoFile> file)
    : segments_(segments), header_(header), file_(std::move(file)), buffer_(kBufferBytes) {}

VaultSegmentWriter::~VaultSegmentWriter() {
  if (finished_) return;
  file_.reset();
  segments_->RemoveUnfinishedVaults().IgnoreError("removed at the next start");
}

Result<std::unique_ptr<VaultSegmentWriter>> VaultSegmentWriter::Create(SegmentDirectory* segments,
                                                                       SegmentHeader header,
                                                                       uint64_t bytes_expected) {
  header.role = SegmentRole::kVault;
  ARGENT_ASSIGN_OR_RETURN(header.segment, segments->NextId());
  ARGENT_ASSIGN_OR_RETURN(auto file, segments->Create(header.segment, bytes_expected, header));
  return std::unique_ptr<VaultSegmentWriter>(new VaultSegmentWriter(segments, header, std::move(file)));
}

Status VaultSegmentWriter::Flush() {
  if (buffered_ == 0) return Status::Ok();
  ARGENT_RETURN_IF_ERROR(
      WriteSync(segments_->io(), file_.get(), tail_ - buffered_, {buffer_.data(), buffered_}));
  buffered_ = 0;
  return Status::Ok();
}

Result<Extent> VaultSegmentWriter::Append(RecordKind kind, ByteView payload) {
  if (payload.size() > kPayloadBytesMax) return Status::Internal("a vault record beyond the bound");
  RecordHeader header{.kind = kind, .segment = header_.segment, .offset = tail_};
  header.payload_bytes = payload.size();
  header.previous_commit = contents_.commit_offsets.empty() ? 0 : contents_.commit_offsets.back();
  header.block_checksums = BlockChecksums({payload});
  const size_t bytes = static_cast<size_t>(header.RecordBytes());
  if (buffered_ + bytes > buffer_.size()) ARGENT_RETURN_IF_ERROR(Flush());
  uint8_t* at = buffer_.data() + buffered_;
  EncodeRecordHeader(header, {at, kRecordHeaderBytes});
  std::copy(payload.begin(), payload.end(), at + kRecordHeaderBytes);
  std::fill(at + kRecordHeaderBytes + payload.size(), at + bytes, uint8_t{0});
  Extent extent{header_.segment, tail_, static_cast<uint32_t>(payload.size())};
  buffered_ += bytes;
  tail_ += bytes;
  return extent;
}

Status VaultSegmentWriter::AppendCommit(const std::string& payload) {
  const uint64_t offset = tail_;
  ARGENT_RETURN_IF_ERROR(Append(RecordKind::kCommit, AsBytes(payload)).status());
  contents_.commit_offsets.push_back(offset);
  return Status::Ok();
}

Status VaultSegmentWriter::AppendFacts(const std::vector<Fact>& facts) {
  std::string payload = BeginCommitPayload();
  uint32_t count = 0;
  for (const Fact& fact : facts) {
    if (count > 0 && payload.size() + fact.body.size() > kCommitBytesMax) {
      SetFactCount(&payload, count);
      ARGENT_RETURN_IF_ERROR(AppendCommit(payload));
      payload = BeginCommitPayload();
      count = 0;
    }
    AppendFact(fact, &payload);
    ++count;
  }
  if (count == 0) return Status::Ok();
  SetFactCount(&payload, count);
  return AppendCommit(payload);
}

Status VaultSegmentWriter::Finish(uint64_t last_sequence) {
  contents_.last_sequence = last_sequence;
  ARGENT_RETURN_IF_ERROR(Flush());
  ARGENT_RETURN_IF_ERROR(WriteSeal(segments_->io(), file_.get(), header_.segment, tail_, contents_));
  file_.reset();
  ARGENT_RETURN_IF_ERROR(segments_->PublishVault(header_.segment));
  finished_ = true;
  return Status::Ok();
}

}  // namespace argent::storage
