#include "tests/ingest/fake_uploader.h"

namespace argent::ingest::testing {

Outcome MakeOutcome(OutcomeKind kind, Status status, bool uid_mismatch) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.status = std::move(status);
  outcome.uid_mismatch = uid_mismatch;
  return outcome;
}

class FakeUploader::FakeUpload final : public Upload {
 public:
  FakeUpload(FakeUploader* uploader, UploadRequest request) : uploader_(uploader) {
    kept_.request = std::move(request);
  }
  ~FakeUpload() override {
    if (finished_) return;
    MutexLock lock(&uploader_->mutex_);
    ++uploader_->abandoned_;
    uploader_->changed_.NotifyAll();
  }
  Result<MutableByteView> Reserve() override {
    space_.resize(uploader_->space_bytes_);
    return MutableByteView(space_);
  }
  Status Advance(size_t bytes) override {
    if (uploader_->on_advance_) uploader_->on_advance_();
    kept_.data_set.append(AsText(ByteView(space_).first(bytes)));
    return kept_.data_set.size() > uploader_->fail_after_bytes_ ? uploader_->advance_status_ : Status::Ok();
  }
  Outcome Finish() override {
    finished_ = true;
    return uploader_->Finish(std::move(kept_));
  }

 private:
  FakeUploader* const uploader_;
  Kept kept_;
  std::vector<uint8_t> space_;
  bool finished_ = false;
};

Result<std::unique_ptr<Upload>> FakeUploader::Begin(UploadRequest request) {
  if (!begin_status_.ok()) return begin_status_;
  return std::unique_ptr<Upload>(std::make_unique<FakeUpload>(this, std::move(request)));
}

Outcome FakeUploader::Finish(Kept kept) {
  MutexLock lock(&mutex_);
  ++finishing_;
  changed_.NotifyAll();
  while (hold_) changed_.Wait(&mutex_);
  --finishing_;
  const bool failed = kept.data_set.size() > fail_after_bytes_;
  if (!failed) kept_.push_back(std::move(kept));
  return failed ? MakeOutcome(OutcomeKind::kRefused, advance_status_) : outcome_;
}

void FakeUploader::Hold(bool hold) {
  MutexLock lock(&mutex_);
  hold_ = hold;
  changed_.NotifyAll();
}

std::vector<FakeUploader::Kept> FakeUploader::kept() {
  MutexLock lock(&mutex_);
  return kept_;
}

int FakeUploader::abandoned() {
  MutexLock lock(&mutex_);
  return abandoned_;
}

bool FakeUploader::WaitUntilFinishing(seconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  MutexLock lock(&mutex_);
  while (finishing_ == 0) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    changed_.WaitFor(&mutex_, milliseconds(100));
  }
  return true;
}

}  // namespace argent::ingest::testing
