#include "archive/vault/vault_builder.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <tuple>

#include "archive/model/attributes.h"
#include "archive/vault/frame_index.h"
#include "archive/vault/header_pack.h"
#include "codec/catalog_attributes.h"
#include "storage/segment/segment_reader.h"

namespace argent::archive {

namespace {
// Cells that wait for the encoder: enough to keep every thread busy with the largest common frames.
constexpr size_t kEncodingBytesMax = size_t{96} << 20;

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  void Add(ByteView bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  Sha256Digest Finish() {
    Sha256Digest digest{};
    EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    return digest;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

MutableByteView MutableBytes(std::string* text) {
  return {reinterpret_cast<uint8_t*>(text->data()), text->size()};
}
}  // namespace

struct VaultBuilder::Source {
  size_t fact = 0;  // index
  std::string study_uid, series_uid;
  int64_t instance_number = 0;
  uint64_t sequence = 0;
  uint64_t data_set_bytes = 0;
  std::vector<storage::Extent> extents;  // in the log
};

// A frame of this build and where its cells can be read again.
struct VaultBuilder::PendingStep {
  std::shared_ptr<FrameJob> job;  // shared by the recipes that use the frame and the queue of the encoder
  const Source* source = nullptr;
  uint64_t position = 0;
  bool swapped = false;
};

struct VaultBuilder::PendingInstance {
  const Source* source = nullptr;
  std::vector<Recipe> parts;  // steps of frames are filled in once the frames have their places
  std::vector<std::vector<std::pair<size_t, std::shared_ptr<FrameJob>>>> frames;  // of each part: step, frame
  std::string model;
  std::string kept_reason;
  uint64_t frame_bytes = 0;
  bool all_shared = true;

  Recipe& Part(uint64_t next_bytes) {
    // An extent has 32 bits of length.
    constexpr uint64_t kPartBytesMax = uint64_t{1} << 30;
    if (parts.empty() || parts.back().bytes() + next_bytes > kPartBytesMax) {
      uint64_t position = parts.empty() ? 0 : parts.back().position + parts.back().bytes();
      parts.emplace_back();
      parts.back().position = position;
      frames.emplace_back();
    }
    return parts.back();
  }
};

VaultBuilder::VaultBuilder(VaultBuildParts parts, VaultBuildOptions options)
    : parts_(parts), options_(options) {}
VaultBuilder::~VaultBuilder() = default;

Result<uint32_t> VaultBuilder::Build(uint32_t first, uint32_t last, const std::atomic<bool>& stop) {
  ARGENT_RETURN_IF_ERROR(LoadFacts(first, last));
  storage::SegmentHeader header{.created_unix_micros = parts_.clock->UnixMicros(),
                                .last_sequence_before = last_sequence_before_,
                                .covers_first = first,
                                .covers_last = last};
  ARGENT_ASSIGN_OR_RETURN(writer_,
                          storage::VaultSegmentWriter::Create(parts_.segments, header, source_bytes_ / 2));
  encoder_ = std::make_unique<FrameEncoder>(options_.codec, options_.threads);
  ARGENT_RETURN_IF_ERROR(AddInstances(stop));
  ARGENT_RETURN_IF_ERROR(FinishSegment(last));
  return writer_->segment();
}

Status VaultBuilder::LoadFacts(uint32_t first, uint32_t last) {
  bool first_segment = true;
  for (uint32_t segment = first; segment <= last; ++segment) {
    storage::SegmentHeader header;
    auto file = parts_.segments->Open(segment, storage::SegmentRole::kLog,
                                      {.mode = storage::OpenMode::kRead, .direct = true}, &header);
    if (file.status().code() == StatusCode::kNotFound) continue;  // an id that a vault segment has
    if (!file.ok()) return file.status();
    if (first_segment) last_sequence_before_ = header.last_sequence_before;
    first_segment = false;
    ARGENT_RETURN_IF_ERROR(storage::VisitSealedSegment(*parts_.segments, segment, storage::SegmentRole::kLog,
                                                       [this](const std::vector<storage::Fact>& facts) {
                                                         facts_.insert(facts_.end(), facts.begin(),
                                                                       facts.end());
                                                         return Status::Ok();
                                                       }));
  }
  for (size_t i = 0; i < facts_.size(); ++i) {
    if (facts_[i].kind != storage::FactKind::kInstanceReceived) continue;
    ARGENT_ASSIGN_OR_RETURN(auto received, ingest::InstanceReceived::Decode(AsBytes(facts_[i].body)));
    Source source;
    source.fact = i;
    source.study_uid = received.study_uid.text();
    source.series_uid = received.series_uid.text();
    source.instance_number = received.attributes.Integer(tags::kInstanceNumber).value_or(0);
    source.sequence = facts_[i].sequence;
    source.data_set_bytes = received.data_set_bytes;
    source.extents = std::move(received.extents);
    source_bytes_ += source.data_set_bytes;
    sources_.push_back(std::move(source));
  }
  std::sort(sources_.begin(), sources_.end(), [](const Source& a, const Source& b) {
    return std::tie(a.study_uid, a.series_uid, a.instance_number, a.sequence) <
           std::tie(b.study_uid, b.series_uid, b.instance_number, b.sequence);
  });
  return Status::Ok();
}

Status VaultBuilder::AddInstances(const std::atomic<bool>& stop) {
  for (const Source& source : sources_) {
    if (stop) return Status::Aborted("compaction was stopped; it starts over next time");
    Status added = AddInstance(source);
    if (!added.ok()) return added.WithContext("fact " + std::to_string(source.sequence));
    if (batch_bytes_ >= kHeaderPackBytes || batch_.size() >= kHeaderPackRecipesMax / 4)
      ARGENT_RETURN_IF_ERROR(FlushBatch());
  }
  return FlushBatch();
}

Status VaultBuilder::AddInstance(const Source& source) {
  ARGENT_ASSIGN_OR_RETURN(auto received, ingest::InstanceReceived::Decode(AsBytes(facts_[source.fact].body)));
  // Ordinary Instances are read once, whole; of larger ones the attributes twice.
  constexpr uint64_t kWholeBytesMax = uint64_t{8} << 20;
  std::string whole;
  const DataSetSource read = [&](uint64_t position, uint64_t length) -> Result<std::string> {
    if (!whole.empty()) return whole.substr(position, length);
    return storage::ReadBytes(parts_.reader, source.extents, position, length);
  };
  if (source.data_set_bytes <= kWholeBytesMax) {
    ARGENT_ASSIGN_OR_RETURN(whole, read(0, source.data_set_bytes));
  }
  ARGENT_ASSIGN_OR_RETURN(InstancePlan plan, PlanInstance(received, options_.codec, read));
  PendingInstance pending;
  pending.source = &source;
  pending.model = Trim(received.attributes.Text(tags::kManufacturerModelName));
  pending.kept_reason = std::move(plan.kept_reason);
  Sha256 sha;
  uint64_t position = 0;
  for (const InstanceRegion& region : plan.regions) {
    ARGENT_ASSIGN_OR_RETURN(std::string bytes, read(position, region.bytes));
    if (bytes.size() != region.bytes) return Status::Internal("a region was read short");
    sha.Add(AsBytes(bytes));
    ARGENT_RETURN_IF_ERROR(AddRegion(source, position, region, std::move(bytes), &pending));
    position += region.bytes;
  }
  if (position != source.data_set_bytes) return Status::Internal("the regions do not make the Data Set");
  const Sha256Digest digest = sha.Finish();
  for (Recipe& part : pending.parts) {
    part.sequence = source.sequence;
    part.data_set_sha256 = digest;
    batch_bytes_ += part.literals.size() + 64 * part.steps.size();
  }
  batch_.push_back(std::move(pending));
  return Status::Ok();
}

Status VaultBuilder::AddRegion(const Source& source, uint64_t position, const InstanceRegion& region,
                               std::string bytes, PendingInstance* pending) {
  Recipe& part = pending->Part(region.bytes);
  if (region.kind == InstanceRegion::Kind::kLiteral) {
    part.AddLiteral(AsBytes(bytes));
    summary_.literal_bytes += region.bytes;
    return Status::Ok();
  }
  const bool swapped = region.kind == InstanceRegion::Kind::kSwappedFrame;
  if (swapped) SwapWords(MutableBytes(&bytes));
  auto job = std::make_shared<FrameJob>();
  job->cells = std::move(bytes);
  job->frame.format = {region.pixels, region.bytes};
  job->frame.hash = options_.hasher(job->frame.format, AsBytes(job->cells));
  ++summary_.frames;
  summary_.frame_bytes += region.bytes;
  pending->frame_bytes += region.bytes;
  ARGENT_ASSIGN_OR_RETURN(std::shared_ptr<FrameJob> stored, FindStored(*job));
  if (stored) {
    ++summary_.frames_shared;
    summary_.shared_bytes += region.bytes;
    job = std::move(stored);
  } else {
    pending->all_shared = false;
    known_[std::string(AsText(job->frame.hash))].push_back({job, &source, position, swapped});
    encoding_.push_back(job);
    encoding_bytes_ += job->cells.size();
    encoder_->Submit(job.get());
    ARGENT_RETURN_IF_ERROR(DrainEncoded(kEncodingBytesMax));
  }
  RecipeStep step;
  step.kind = swapped ? RecipeStep::Kind::kSwappedFrame : RecipeStep::Kind::kFrame;
  step.frame.format.bytes = region.bytes;
  part.steps.push_back(std::move(step));
  pending->frames.back().emplace_back(part.steps.size() - 1, std::move(job));
  return Status::Ok();
}

// The hash finds, bytes decide.
Result<std::shared_ptr<FrameJob>> VaultBuilder::FindStored(const FrameJob& job) {
  if (auto found = known_.find(std::string(AsText(job.frame.hash))); found != known_.end()) {
    for (const PendingStep& known : found->second) {
      ARGENT_ASSIGN_OR_RETURN(bool same, SameAsPending(job, known));
      if (same) return known.job;
    }
  }
  ARGENT_ASSIGN_OR_RETURN(std::vector<StoredFrame> candidates, FindFrames(*parts_.catalog, job.frame.hash));
  for (StoredFrame& candidate : candidates) {
    if (!(candidate.format.pixels == job.frame.format.pixels) ||
        candidate.format.bytes != job.frame.format.bytes)
      continue;
    std::string cells;
    Status read = parts_.reader->ReadCells(candidate, &cells);
    // A damaged or vanished frame is not shared; the scrub reports it.
    if (!read.ok() || cells != job.cells) continue;
    auto stored = std::make_shared<FrameJob>();
    stored->frame = std::move(candidate);
    stored->done = true;
    return stored;
  }
  return std::shared_ptr<FrameJob>();
}

Result<bool> VaultBuilder::SameAsPending(const FrameJob& job, const PendingStep& known) {
  const FrameFormat& format = known.job->frame.format;
  if (!(format.pixels == job.frame.format.pixels) || format.bytes != job.frame.format.bytes) return false;
  ARGENT_ASSIGN_OR_RETURN(std::string cells, storage::ReadBytes(parts_.reader, known.source->extents,
                                                                known.position, format.bytes));
  if (known.swapped) SwapWords(MutableBytes(&cells));
  return cells == job.cells;
}

// Takes what the encoder has finished, in order, until at most this many bytes of cells wait for it.
Status VaultBuilder::DrainEncoded(size_t cells_bytes_max) {
  while (encoding_bytes_ > cells_bytes_max) {
    std::shared_ptr<FrameJob> job = std::move(encoding_.front());
    encoding_.pop_front();
    encoder_->Wait(job.get());
    encoding_bytes_ -= job->cells.size();
    ARGENT_RETURN_IF_ERROR(job->status);
    job->cells = {};
    ARGENT_RETURN_IF_ERROR(PlaceFrame(job));
  }
  return Status::Ok();
}

Status VaultBuilder::PlaceFrame(const std::shared_ptr<FrameJob>& job) {
  job->frame.origin = writer_->segment();
  job->frame.number = next_number_++;
  if (job->frame.codec == options_.codec) ++summary_.frames_encoded;
  summary_.codestream_bytes += job->codestream.size();
  const std::string_view codestream = job->codestream;
  const size_t count = std::max<size_t>(1, (codestream.size() + kFramePackBytes - 1) / kFramePackBytes);
  if (count > 65535) return Status::Internal("a codestream in too many pieces");
  job->frame.parts.resize(count);
  for (size_t i = 0; i < count; ++i) {
    std::string_view piece = codestream.substr(i * kFramePackBytes, kFramePackBytes);
    if (!pack_.empty() && pack_.bytes() + piece.size() > kFramePackBytes)
      ARGENT_RETURN_IF_ERROR(FlushFrames());
    pack_.Add(job->frame, static_cast<uint16_t>(i), static_cast<uint16_t>(count), piece);
    packed_.emplace_back(job.get(), i);
  }
  job->codestream = {};
  return Status::Ok();
}

Status VaultBuilder::FlushFrames() {
  if (pack_.empty()) return Status::Ok();
  std::vector<std::pair<uint32_t, uint32_t>> places;
  const std::string payload = pack_.Finish(&places);
  ARGENT_ASSIGN_OR_RETURN(storage::Extent record,
                          writer_->Append(storage::RecordKind::kVaultFrames, AsBytes(payload)));
  for (size_t i = 0; i < places.size(); ++i) {
    auto& [job, part] = packed_[i];
    job->frame.parts[part] = {record, places[i].first, places[i].second};
  }
  packed_.clear();
  return Status::Ok();
}

// Writes the frames and then the recipes of the Instances that were added since the last call.
Status VaultBuilder::FlushBatch() {
  if (batch_.empty()) return Status::Ok();
  ARGENT_RETURN_IF_ERROR(DrainEncoded(0));
  while (!encoding_.empty()) {  // frames of no bytes
    encoder_->Wait(encoding_.front().get());
    ARGENT_RETURN_IF_ERROR(PlaceFrame(encoding_.front()));
    encoding_.pop_front();
  }
  ARGENT_RETURN_IF_ERROR(FlushFrames());
  std::vector<std::string> recipes;
  for (PendingInstance& pending : batch_) {
    codec::KeepReason found = codec::KeepReason::kNone;
    for (size_t i = 0; i < pending.parts.size(); ++i) {
      for (auto& [step, job] : pending.frames[i]) {
        pending.parts[i].steps[step].frame = job->frame;
        if (job->reason != codec::KeepReason::kNone) found = job->reason;
      }
      recipes.push_back(pending.parts[i].Encode());
    }
    if (pending.kept_reason.empty() && found != codec::KeepReason::kNone)
      pending.kept_reason = codec::KeepReasonName(found);
  }
  ARGENT_ASSIGN_OR_RETURN(std::string payload, EncodeHeaderPack(recipes));
  if (payload.size() > storage::kPayloadBytesMax)
    return Status::Unsupported("the recipes of a batch do not fit a record");
  ARGENT_ASSIGN_OR_RETURN(storage::Extent record,
                          writer_->Append(storage::RecordKind::kVaultHeaders, AsBytes(payload)));
  summary_.header_pack_bytes += payload.size();
  size_t number = 0;
  for (const PendingInstance& pending : batch_) {
    storage::Fact& fact = facts_[pending.source->fact];
    ARGENT_ASSIGN_OR_RETURN(auto received, ingest::InstanceReceived::Decode(AsBytes(fact.body)));
    received.extents.clear();
    for (const Recipe& part : pending.parts)
      received.extents.push_back(RecipeExtent(record, number++, static_cast<uint32_t>(part.bytes())));
    fact.body = received.Encode();
    ++summary_.instances;
    summary_.data_set_bytes += pending.source->data_set_bytes;
    if (pending.all_shared && pending.frame_bytes > 0) ++summary_.instances_shared;
    if (!pending.kept_reason.empty()) {
      VaultSummary::Kept& kept = summary_.kept[{pending.kept_reason, pending.model}];
      ++kept.instances;
      kept.bytes += pending.source->data_set_bytes;
    }
  }
  batch_.clear();
  batch_bytes_ = 0;
  return Status::Ok();
}

Status VaultBuilder::FinishSegment(uint32_t last) {
  summary_.built_unix_micros = static_cast<uint64_t>(parts_.clock->UnixMicros());
  ARGENT_RETURN_IF_ERROR(
      writer_->Append(storage::RecordKind::kVaultSummary, AsBytes(summary_.Encode())).status());
  ARGENT_RETURN_IF_ERROR(writer_->AppendFacts(facts_));
  (void)last;
  return writer_->Finish(facts_.empty() ? last_sequence_before_ : facts_.back().sequence);
}

}  // namespace argent::archive
