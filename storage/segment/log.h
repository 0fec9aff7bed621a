// The log: the archive itself. Appends data and facts in groups: all writes of a group are in flight
// together, then one flush, then the group's facts are applied to the catalog and acknowledged. While one
// group is flushed the next one is written.
//
// Promise: `done(ok)` of an append with a fact means that the fact and all data it refers to are durable and
// in the catalog. A failed write or flush fences the log: nothing is acknowledged any more, reads go on (a
// flush is never retried: what it lost cannot be known; restart re-verifies). A full volume is not fatal:
// appends fail with kNoSpace until there is room.
//
// Threads: one writer (layout, submission), one applier (catalog, callbacks), the Io's completion thread.
// Append() is thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "storage/base/clock.h"
#include "storage/base/mutex.h"
#include "storage/io/io.h"
#include "storage/segment/buffer_pool.h"
#include "storage/segment/extent.h"
#include "storage/segment/fact.h"
#include "storage/segment/segment_directory.h"

namespace argent::storage {

// Every fact before this place has been seen; the end of a commit record.
struct LogPosition {
  uint32_t segment = 0;
  uint64_t offset = 0;
  auto operator<=>(const LogPosition&) const = default;
};

inline constexpr size_t kFactBodyBytesMax = size_t{4} << 20;

struct LogAppend {
  explicit LogAppend(DataChain chain) : data(std::move(chain)) {}
  DataChain data;  // may be empty; Checksum() has been called
  // With a fact: called by the writer once the data has its place (nullptr: no data); returns the body.
  // Without: the data is only written (a piece of a large Instance), durable with the fact that will refer to
  // it.
  std::function<std::string(const Extent* extent)> make_body;
  FactKind kind = FactKind::kInstanceReceived;
  // What make_body() returns is never longer. Beyond kFactBodyBytesMax the append is refused with
  // kInvalidArgument.
  size_t body_bytes_max = 0;
  // With a fact: durable and applied, or failed. Without: written (not yet durable), or failed. Called once,
  // on a thread of the log.
  std::function<void(const Status& status, const Extent& extent)> done;
};

// Applies a group's facts to the catalog, in order, by one thread. An error (a full volume) is tried again
// with later groups.
class GroupApplier {
 public:
  virtual ~GroupApplier() = default;
  virtual Status Apply(const std::vector<Fact>& facts, LogPosition end) = 0;
};

struct LogOptions {
  uint64_t segment_bytes_max = uint64_t{1} << 30;
  uint64_t reserve_bytes = uint64_t{256}
                           << 20;  // left free for the catalog and for the compaction that makes room
};

class Log {
 public:
  Log(Io* io, SegmentDirectory* segments, Clock* clock, LogOptions options);
  ~Log();  // stops

  // Starts accepting after recovery: `next_sequence` follows the last fact in the log.
  void Start(GroupApplier* applier, uint64_t next_sequence);
  void Append(std::unique_ptr<LogAppend> append);
  // Room for at least one more Instance? kNoSpace or the reason why the log is fenced. Cheap.
  Status CanAccept();
  // Seals the open segment as soon as nothing is waiting, if it holds facts and none came since the last
  // call: so that what trickles in does not wait for a full segment.
  void SealWhenIdle();
  // Finishes what was appended, seals the open segment. Later appends fail with kAborted.
  void Stop();

 private:
  struct Group;
  struct Segment;
  using Appends = std::vector<std::unique_ptr<LogAppend>>;

  void WriterLoop();
  void ApplierLoop();
  bool WaitForWork(Appends* appends) ARGENT_EXCLUDES(mutex_);
  void WriteGroup(Appends appends);
  Status EnsureSegment(uint64_t bytes);
  Status OpenSegment(uint64_t bytes);
  Status SealSegment();
  void LayOut(Group* group);
  void PlaceData(Group* group, LogAppend* append, Extent* extent);
  void PlaceCommit(Group* group);
  void AddWrite(Group* group, uint64_t offset, uint8_t* buffer, size_t length);
  void Submit(std::unique_ptr<Group> group);
  void OnOperationDone(Group* group, IoOperation* operation);
  void OnWritten(Group* group);
  void FinishGroup(Group* group);
  void ApplyGroup(Group* group);
  Status ApplyBacklog();
  void Fence(const Status& status);
  void FailAll(Appends* appends, const Status& status);

  Io* const io_;
  SegmentDirectory* const segments_;
  Clock* const clock_;
  const LogOptions options_;
  GroupApplier* applier_ = nullptr;  // set once by Start()

  // Writer thread only.
  std::unique_ptr<Segment> segment_;
  uint64_t next_sequence_ = 1;

  Mutex mutex_;
  CondVar writer_wakeup_;
  CondVar applier_wakeup_;
  std::deque<std::unique_ptr<LogAppend>> queue_ ARGENT_GUARDED_BY(mutex_);
  std::deque<std::unique_ptr<Group>> in_flight_ ARGENT_GUARDED_BY(mutex_);  // in log order
  int groups_writing_ ARGENT_GUARDED_BY(mutex_) = 0;
  uint64_t durable_through_ ARGENT_GUARDED_BY(mutex_) = 0;  // in the open segment
  Status fenced_ ARGENT_GUARDED_BY(mutex_);
  Status catalog_behind_ ARGENT_GUARDED_BY(mutex_);  // facts are durable that the catalog could not take yet
  bool stopping_ ARGENT_GUARDED_BY(mutex_) = false;
  bool seal_wanted_ ARGENT_GUARDED_BY(mutex_) = false;
  uint64_t groups_begun_ ARGENT_GUARDED_BY(mutex_) = 0;
  uint64_t groups_seen_ ARGENT_GUARDED_BY(mutex_) = 0;  // by SealWhenIdle()
  bool writer_done_ ARGENT_GUARDED_BY(mutex_) = false;

  // Applier thread only: groups whose facts still have to reach the catalog.
  std::deque<std::pair<std::vector<Fact>, LogPosition>> backlog_;

  std::thread writer_;
  std::thread applier_thread_;
};

}  // namespace argent::storage
