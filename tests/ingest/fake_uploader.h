// An Uploader that keeps what it gets in memory, or fails as told: what a door is tested against.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ingest/upload.h"
#include "storage/base/mutex.h"

namespace argent::ingest::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

Outcome MakeOutcome(OutcomeKind kind, Status status = {}, bool uid_mismatch = false);

// Keeps what is uploaded, in memory; or fails as told.
class FakeUploader final : public Uploader {
 public:
  struct Kept {
    UploadRequest request;
    std::string data_set;
  };

  Result<std::unique_ptr<Upload>> Begin(UploadRequest request) override;

  void FailBegin(Status status) { begin_status_ = std::move(status); }
  // Advance() fails once more than `bytes` have come.
  void FailAfter(size_t bytes, Status status) {
    fail_after_bytes_ = bytes;
    advance_status_ = std::move(status);
  }
  void AnswerWith(Outcome outcome) { outcome_ = std::move(outcome); }
  // Reserve() gives so many bytes at most.
  void SetSpace(size_t bytes) { space_bytes_ = bytes; }
  // Called at each Advance().
  void OnAdvance(std::function<void()> call) { on_advance_ = std::move(call); }
  void HoldFinish() { Hold(true); }
  void LetFinish() { Hold(false); }

  std::vector<Kept> kept();
  int abandoned();  // Uploads destroyed without Finish()
  bool WaitUntilFinishing(seconds timeout);

 private:
  class FakeUpload;
  void Hold(bool hold);
  Outcome Finish(Kept kept);

  // Fixed while Uploads run.
  Status begin_status_;
  Status advance_status_;
  size_t fail_after_bytes_ = ~size_t{0};
  size_t space_bytes_ = 256 * 1024;
  std::function<void()> on_advance_;
  Outcome outcome_ = MakeOutcome(OutcomeKind::kStored);

  Mutex mutex_;
  CondVar changed_;
  std::vector<Kept> kept_ ARGENT_GUARDED_BY(mutex_);
  int abandoned_ ARGENT_GUARDED_BY(mutex_) = 0;
  int finishing_ ARGENT_GUARDED_BY(mutex_) = 0;
  bool hold_ ARGENT_GUARDED_BY(mutex_) = false;
};

}  // namespace argent::ingest::testing
