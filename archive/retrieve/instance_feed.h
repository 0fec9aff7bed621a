// Reads the Instances of a retrieval ahead of their sending: a thread of its own reads (and transcodes) the
// next ones while the peer still receives the last. Bounded memory, whatever the sizes.
//
// One consumer thread. Instances come in the order of the jobs; nothing unverified is ever handed out.
#pragma once

#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "archive/retrieve/retrieve_plan.h"
#include "storage/base/mutex.h"
#include "storage/segment/extent.h"

namespace argent::archive {

class InstanceFeed {
 public:
  struct Job {
    const RetrieveInstance* instance = nullptr;
    std::string transfer_syntax_uid;  // to send it in
  };
  // Read ahead at most: a handful of CT Instances, two pieces of a large one.
  static constexpr size_t kBufferedBytesMax = size_t{8} << 20;

  // `reader` and the instances must outlive the feed.
  InstanceFeed(storage::DataReader* reader, std::vector<Job> jobs);
  ~InstanceFeed();
  InstanceFeed(const InstanceFeed&) = delete;
  InstanceFeed& operator=(const InstanceFeed&) = delete;

  // Turns to the next job, passing over what is left of the one before. Waits until the Instance is read
  // whole, or the buffer is full: so a damaged Instance of ordinary size is known before its first byte is
  // sent. The error says why it cannot be had.
  Status Begin();
  // The next piece of the Instance, never empty; an empty view at its end. Good until the next call. An error
  // after Begin() succeeded can only happen to Instances larger than the buffer.
  Result<ByteView> NextPiece();

 private:
  struct Piece {
    std::string bytes;
    bool last = false;  // of its Instance; no bytes
    Status status;      // of the last: how the reading ended
  };

  void Run();
  Status ReadJob(const Job& job);
  Status Push(Piece piece);
  Piece Pop();

  storage::DataReader* const reader_;
  const std::vector<Job> jobs_;

  Mutex mutex_;
  CondVar changed_;
  std::deque<Piece> pieces_ ARGENT_GUARDED_BY(mutex_);
  size_t buffered_bytes_ ARGENT_GUARDED_BY(mutex_) = 0;
  size_t last_pieces_ ARGENT_GUARDED_BY(mutex_) = 0;  // of pieces_, how many are last
  bool stopped_ ARGENT_GUARDED_BY(mutex_) = false;

  // The consumer's.
  bool inside_ = false;  // an Instance has begun and its last piece was not taken
  size_t begun_ = 0;
  Piece current_;

  std::thread thread_;  // last: it uses the rest
};

}  // namespace argent::archive
