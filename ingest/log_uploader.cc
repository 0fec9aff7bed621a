#include "ingest/log_uploader.h"

#include <fmt/format.h>
#define XXH_STATIC_LINKING_ONLY  // the hash state as a member, not behind a pointer
#include <xxhash.h>

#include <algorithm>

namespace argent::ingest {

Status Upload::Append(ByteView bytes) {
  while (!bytes.empty()) {
    ARGENT_ASSIGN_OR_RETURN(MutableByteView space, Reserve());
    size_t take = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), take);
    ARGENT_RETURN_IF_ERROR(Advance(take));
    bytes = bytes.subspan(take);
  }
  return Status::Ok();
}

namespace {

// The state that writes under way refer to; shared by the Upload and its callbacks in the log.
struct SpillState {
  Mutex mutex;
  CondVar changed;
  int writes_in_flight ARGENT_GUARDED_BY(mutex) = 0;
  Status status ARGENT_GUARDED_BY(mutex);
  std::vector<storage::Extent> extents ARGENT_GUARDED_BY(mutex);  // by piece number
};

constexpr size_t kExtentBytes = 16;  // encoded in a fact

// Two pieces: one is filled while the other is written.
constexpr int kSpillsInFlightMax = 2;

class LogUpload final : public Upload {
 public:
  LogUpload(const UploadParts& parts, const UploaderOptions& options, UidClaims* claims,
            std::atomic<int>* in_flight, UploadRequest request)
      : parts_(parts),
        options_(options),
        claims_(claims),
        in_flight_(in_flight),
        request_(std::move(request)),
        scanner_(codec::LookUpTransferSyntax(request_.transfer_syntax_uid.text()), options.scan_limits),
        chain_(parts.pool),
        spill_(std::make_shared<SpillState>()) {
    XXH3_128bits_reset(&hash_);
  }

  ~LogUpload() override {
    WaitForSpills(0).IgnoreError("the pieces are dead without a fact that refers to them");
    --*in_flight_;
  }

  Result<MutableByteView> Reserve() override {
    ARGENT_RETURN_IF_ERROR(failure_);
    bool hand_on =
        chain_.full() || (chain_.needs_buffer() && !chain_.empty() && parts_.pool->under_pressure());
    if (hand_on) ARGENT_RETURN_IF_ERROR(Fail(Spill()));
    Result<MutableByteView> space = chain_.Reserve(options_.buffer_wait_ms);
    if (!space.ok()) return Fail(space.status());
    last_space_ = space->data();
    return space;
  }

  Status Advance(size_t bytes) override {
    ARGENT_RETURN_IF_ERROR(failure_);
    ByteView filled(last_space_, bytes);
    XXH3_128bits_update(&hash_, filled.data(), filled.size());
    chain_.Advance(bytes);
    data_set_bytes_ += bytes;
    return Fail(scanner_.Feed(filled));
  }

  Outcome Finish() override {
    Outcome outcome;
    outcome.status = failure_;
    Result<codec::ScanResult> scan = failure_.ok() ? scanner_.Finish() : Result<codec::ScanResult>(failure_);
    if (!scan.ok()) {
      outcome.status = scan.status();
      outcome.sop_instance_uid = request_.expected_sop_instance_uid;
      return outcome;
    }
    outcome.study_uid = scan->study_uid;
    outcome.series_uid = scan->series_uid;
    outcome.sop_instance_uid = scan->sop_instance_uid;
    outcome.status = CheckUids(*scan, &outcome);
    if (outcome.status.ok()) outcome.status = WaitForSpills(0);
    if (!outcome.status.ok()) return outcome;
    claims_->Acquire(outcome.sop_instance_uid);
    Decide(MakeFact(std::move(scan).value()), &outcome);
    claims_->Release(outcome.sop_instance_uid);
    return outcome;
  }

 private:
  Status Fail(Status status) {
    if (!status.ok() && failure_.ok()) failure_ = status;
    return status;
  }

  // PS3.4 B.2.3: the command must name what the Data Set is.
  Status CheckUids(const codec::ScanResult& scan, Outcome* outcome) const {
    outcome->uid_mismatch = true;
    if (!request_.expected_sop_instance_uid.empty() &&
        request_.expected_sop_instance_uid != scan.sop_instance_uid) {
      return Status::InvalidArgument(fmt::format("the command names SOP Instance UID {}, the Data Set {}",
                                                 request_.expected_sop_instance_uid.text(),
                                                 scan.sop_instance_uid.text()));
    }
    if (!request_.expected_sop_class_uid.empty() && request_.expected_sop_class_uid != scan.sop_class_uid) {
      return Status::InvalidArgument(fmt::format("the command names SOP Class UID {}, the Data Set {}",
                                                 request_.expected_sop_class_uid.text(),
                                                 scan.sop_class_uid.text()));
    }
    outcome->uid_mismatch = false;
    return Status::Ok();
  }

  InstanceReceived MakeFact(codec::ScanResult scan) {
    InstanceReceived fact;
    fact.study_uid = std::move(scan.study_uid);
    fact.series_uid = std::move(scan.series_uid);
    fact.sop_instance_uid = std::move(scan.sop_instance_uid);
    fact.sop_class_uid = std::move(scan.sop_class_uid);
    fact.transfer_syntax_uid = request_.transfer_syntax_uid;
    fact.data_set_bytes = data_set_bytes_;
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&hash_));
    std::copy(std::begin(canonical.digest), std::end(canonical.digest), fact.digest.begin());
    {
      MutexLock lock(&spill_->mutex);
      fact.extents = spill_->extents;
    }
    fact.pixel_data = scan.pixel_data;
    fact.attributes = std::move(scan.attributes);
    fact.source = request_.source;
    fact.received_unix_micros = parts_.clock->UnixMicros();
    return fact;
  }

  void Decide(InstanceReceived fact, Outcome* outcome) {
    Result<std::vector<StoredVariant>> variants = parts_.directory->FindVariants(fact.sop_instance_uid);
    if (!variants.ok()) {
      outcome->status = variants.status();
      return;
    }
    for (const StoredVariant& variant : *variants) {
      if (variant.data_set_bytes != fact.data_set_bytes || variant.digest != fact.digest) continue;
      if (variant.transfer_syntax_uid != fact.transfer_syntax_uid.text()) continue;
      Result<bool> same = SameBytes(variant, fact.extents);
      // A stored copy that does not read back is no copy: this one is kept beside it.
      if (same.ok() && *same) {
        outcome->kind = OutcomeKind::kDuplicate;
        return;
      }
    }
    fact.conflict = !variants->empty();
    outcome->status = Store(&fact);
    if (outcome->status.ok()) outcome->kind = fact.conflict ? OutcomeKind::kConflict : OutcomeKind::kStored;
  }

  // The digest found it, the bytes decide.
  Result<bool> SameBytes(const StoredVariant& variant, const std::vector<storage::Extent>& spilled) {
    uint64_t spilled_bytes = data_set_bytes_ - chain_.payload_bytes();
    uint64_t position = 0;
    bool same = true;
    auto compare = [&](ByteView stored, ByteView ours) {
      same = same && std::equal(stored.begin(), stored.end(), ours.begin(), ours.end());
    };
    Status status = parts_.reader->Read(spilled, 0, spilled_bytes, [&](ByteView ours) {
      uint64_t at = position;
      position += ours.size();
      return parts_.reader->Read(variant.extents, at, ours.size(),
                                 [&, done = size_t{0}](ByteView stored) mutable {
                                   compare(stored, ours.subspan(done, stored.size()));
                                   done += stored.size();
                                   return Status::Ok();
                                 });
    });
    for (ByteView ours : chain_.PayloadPieces()) {
      if (!status.ok() || !same) break;
      size_t done = 0;
      status = parts_.reader->Read(variant.extents, position, ours.size(), [&](ByteView stored) {
        compare(stored, ours.subspan(done, stored.size()));
        done += stored.size();
        return Status::Ok();
      });
      position += ours.size();
    }
    if (!status.ok()) return status;
    return same;
  }

  // Writes the rest of the Data Set with the fact and waits until both are durable and in the catalog.
  Status Store(InstanceReceived* fact) {
    struct Waiter {
      Mutex mutex;
      CondVar done;
      bool finished ARGENT_GUARDED_BY(mutex) = false;
      Status status ARGENT_GUARDED_BY(mutex);
    };
    auto waiter =
        std::make_shared<Waiter>();  // owners: this call and the callback, which may outlive the wake-up
    chain_.Checksum();
    auto append = std::make_unique<storage::LogAppend>(std::move(chain_));
    append->kind = storage::FactKind::kInstanceReceived;
    append->body_bytes_max = fact->Encode().size() + kExtentBytes;  // the rest's place is not known yet
    append->make_body = [fact](const storage::Extent* extent) {
      if (extent != nullptr) fact->extents.push_back(*extent);
      return fact->Encode();
    };
    append->done = [waiter](const Status& status, const storage::Extent&) {
      MutexLock lock(&waiter->mutex);
      waiter->status = status;
      waiter->finished = true;
      waiter->done.NotifyAll();
    };
    parts_.log->Append(std::move(append));
    MutexLock lock(&waiter->mutex);
    while (!waiter->finished) waiter->done.Wait(&waiter->mutex);
    return waiter->status;
  }

  // Hands the chain to the log as one data record.
  Status Spill() {
    ARGENT_RETURN_IF_ERROR(WaitForSpills(kSpillsInFlightMax - 1));
    size_t piece = 0;
    {
      MutexLock lock(&spill_->mutex);
      piece = spill_->extents.size();
      spill_->extents.emplace_back();
      ++spill_->writes_in_flight;
    }
    chain_.Checksum();
    auto append = std::make_unique<storage::LogAppend>(std::move(chain_));
    append->done = [state = spill_, piece](const Status& status, const storage::Extent& extent) {
      MutexLock lock(&state->mutex);
      if (!status.ok() && state->status.ok()) state->status = status;
      state->extents[piece] = extent;
      --state->writes_in_flight;
      state->changed.NotifyAll();
    };
    parts_.log->Append(std::move(append));
    return Status::Ok();
  }

  Status WaitForSpills(int at_most) {
    MutexLock lock(&spill_->mutex);
    while (spill_->writes_in_flight > at_most) spill_->changed.Wait(&spill_->mutex);
    return spill_->status;
  }

  const UploadParts& parts_;
  const UploaderOptions& options_;
  UidClaims* const claims_;
  std::atomic<int>* const in_flight_;
  const UploadRequest request_;
  codec::Scanner scanner_;
  storage::DataChain chain_;
  std::shared_ptr<SpillState> spill_;  // owners: this Upload and the callbacks of its writes
  XXH3_state_t hash_;
  uint8_t* last_space_ = nullptr;
  uint64_t data_set_bytes_ = 0;
  Status failure_;  // the first; every later call gives it again
};

}  // namespace

Result<std::unique_ptr<Upload>> LogUploader::Begin(UploadRequest request) {
  ARGENT_RETURN_IF_ERROR(parts_.log->CanAccept());
  if (++uploads_in_flight_ > options_.uploads_max) {
    --uploads_in_flight_;
    return Status::Overloaded(
        fmt::format("{} Instances are being received; no more at once", options_.uploads_max));
  }
  return std::unique_ptr<Upload>(
      std::make_unique<LogUpload>(parts_, options_, &claims_, &uploads_in_flight_, std::move(request)));
}

}  // namespace argent::ingest
