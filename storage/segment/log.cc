#include "storage/segment/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include "storage/base/log.h"
#include "storage/segment/format.h"
#include "storage/segment/segment_reader.h"

namespace argent::storage {

namespace {
// One flush covers at most this much: larger groups gain nothing and make everyone in them wait.
constexpr uint64_t kGroupBytesMax = uint64_t{16} << 20;
constexpr size_t kGroupAppendsMax = 512;
// The facts of a group lie in one commit record; the largest fact fits alone.
constexpr size_t kFactHeaderBytes = 16;
constexpr size_t kCommitPayloadBytesMax = kFactBodyBytesMax + kFactHeaderBytes + sizeof(uint32_t);
static_assert(kCommitPayloadBytesMax <= kPayloadBytesMax);
// How often the catalog is tried again after it could not take what the log has.
constexpr std::chrono::seconds kCatchUpInterval{1};
// One written, one flushed: a third would only queue at the device.
constexpr size_t kGroupsInFlightMax = 2;
constexpr uint64_t kSegmentBytesMin = uint64_t{16} << 20;
// A segment must hold its largest group and its seal.
constexpr uint64_t kSealReserveBytes = uint64_t{8} << 20;
}  // namespace

struct Log::Segment {
  uint32_t id = 0;
  std::unique_ptr<IoFile> file;
  uint64_t bytes = 0;  // preallocated
  uint64_t tail = kBlockBytes;
  uint64_t previous_commit = 0;
  SealContents contents;
};

struct Log::Group {
  enum class State { kWriting, kSyncing, kDone };
  State state = State::kWriting;
  Appends appends;
  std::vector<Extent> extents;  // one for each append
  std::vector<Fact> facts;
  std::vector<std::unique_ptr<AlignedBuffer>> buffers;
  std::vector<std::unique_ptr<IoOperation>> operations;
  std::atomic<size_t> pending{0};
  LogPosition end;
  Mutex mutex;
  Status status ARGENT_GUARDED_BY(mutex);  // first failure

  Status GetStatus() {
    MutexLock lock(&mutex);
    return status;
  }
};

Log::Log(Io* io, SegmentDirectory* segments, Clock* clock, LogOptions options)
    : io_(io), segments_(segments), clock_(clock), options_(options) {}

Log::~Log() { Stop(); }

void Log::Start(GroupApplier* applier, uint64_t next_sequence) {
  ARGENT_CHECK(applier_ == nullptr);
  applier_ = applier;
  next_sequence_ = next_sequence;
  writer_ = std::thread([this] { WriterLoop(); });
  applier_thread_ = std::thread([this] { ApplierLoop(); });
}

void Log::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  writer_wakeup_.NotifyAll();
  if (writer_.joinable()) writer_.join();
  applier_wakeup_.NotifyAll();
  if (applier_thread_.joinable()) applier_thread_.join();
}

void Log::Append(std::unique_ptr<LogAppend> append) {
  Status refused;
  if (append->make_body && append->body_bytes_max > kFactBodyBytesMax) {
    refused = Status::InvalidArgument(fmt::format("a fact of {} bytes; at most {} are kept in the log",
                                                  append->body_bytes_max, kFactBodyBytesMax));
  } else {
    MutexLock lock(&mutex_);
    if (!fenced_.ok()) {
      refused = fenced_;
    } else if (stopping_) {
      refused = Status::Aborted("the archive is shutting down");
    } else {
      queue_.push_back(std::move(append));
    }
  }
  if (refused.ok()) {
    writer_wakeup_.NotifyAll();
  } else {
    append->done(refused, {});
  }
}

Status Log::CanAccept() {
  MutexLock lock(&mutex_);
  return fenced_.ok() ? catalog_behind_ : fenced_;
}

void Log::SealWhenIdle() {
  {
    MutexLock lock(&mutex_);
    seal_wanted_ = groups_begun_ != 0 && groups_begun_ == groups_seen_;
    groups_seen_ = groups_begun_;
    if (!seal_wanted_) return;
    groups_begun_ = 0;
    groups_seen_ = 0;
  }
  writer_wakeup_.NotifyAll();
}

void Log::WriterLoop() {
  Appends appends;
  while (WaitForWork(&appends)) {
    if (appends.empty()) {
      SealSegment().IgnoreError("the log is fenced then and says so");
      continue;
    }
    WriteGroup(std::move(appends));
    appends.clear();
  }
  Status sealed = SealSegment();
  if (!sealed.ok())
    ARGENT_LOG_WARNING("the open segment was not sealed and will be at the next start: {}", sealed.message());
  {
    MutexLock lock(&mutex_);
    writer_done_ = true;
  }
  applier_wakeup_.NotifyAll();
}

bool Log::WaitForWork(Appends* appends) {
  MutexLock lock(&mutex_);
  while (true) {
    bool room = groups_writing_ == 0 && in_flight_.size() < kGroupsInFlightMax;
    if (room && !queue_.empty()) break;
    if (seal_wanted_ && queue_.empty() && in_flight_.empty()) {
      seal_wanted_ = false;
      return true;
    }
    if (stopping_ && queue_.empty()) return false;
    writer_wakeup_.Wait(&mutex_);
  }
  ++groups_begun_;
  uint64_t bytes = 0;
  size_t commit_bytes = sizeof(uint32_t);
  while (!queue_.empty() && appends->size() < kGroupAppendsMax) {
    bytes += RecordBytesFor(queue_.front()->data.payload_bytes());
    if (queue_.front()->make_body) commit_bytes += kFactHeaderBytes + queue_.front()->body_bytes_max;
    if ((bytes > kGroupBytesMax || commit_bytes > kCommitPayloadBytesMax) && !appends->empty()) break;
    appends->push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return true;
}

void Log::FailAll(Appends* appends, const Status& status) {
  for (auto& append : *appends) append->done(status, {});
  appends->clear();
}

void Log::WriteGroup(Appends appends) {
  Status refused;
  {
    MutexLock lock(&mutex_);
    refused = fenced_;
  }
  uint64_t bytes = RecordBytesFor(kCommitPayloadBytesMax);
  for (auto& append : appends) bytes += RecordBytesFor(append->data.payload_bytes());
  if (refused.ok()) refused = EnsureSegment(bytes);
  if (!refused.ok()) return FailAll(&appends, refused);
  auto group = std::make_unique<Group>();
  group->appends = std::move(appends);
  LayOut(group.get());
  Submit(std::move(group));
}

Status Log::EnsureSegment(uint64_t bytes) {
  if (segment_ && segment_->tail + bytes + kSealReserveBytes <= segment_->bytes) return Status::Ok();
  ARGENT_RETURN_IF_ERROR(SealSegment());
  return OpenSegment(bytes + kSealReserveBytes);
}

Status Log::OpenSegment(uint64_t bytes) {
  ARGENT_ASSIGN_OR_RETURN(uint64_t free, segments_->FreeBytes());
  uint64_t size = std::max(bytes + kBlockBytes, kSegmentBytesMin);
  if (free < options_.reserve_bytes + size) {
    return Status::NoSpace(fmt::format(
        "the volume has {} MiB left and {} MiB are kept for the catalog; free space or add a disk",
        free >> 20, options_.reserve_bytes >> 20));
  }
  // A small or nearly full volume gets smaller segments, so that the last bytes are used too.
  size = std::clamp((free - options_.reserve_bytes) / 4, size, std::max(size, options_.segment_bytes_max));
  size = size / kBlockBytes * kBlockBytes;
  auto segment = std::make_unique<Segment>();
  ARGENT_ASSIGN_OR_RETURN(segment->id, segments_->NextId());
  segment->bytes = size;
  SegmentHeader header{.created_unix_micros = clock_->UnixMicros(),
                       .last_sequence_before = next_sequence_ - 1};
  ARGENT_ASSIGN_OR_RETURN(segment->file, segments_->Create(segment->id, size, header));
  segment_ = std::move(segment);
  MutexLock lock(&mutex_);
  durable_through_ = kBlockBytes;
  return Status::Ok();
}

Status Log::SealSegment() {
  if (!segment_) return Status::Ok();
  {
    // The seal follows everything in the segment, so everything must have landed and been flushed.
    MutexLock lock(&mutex_);
    while (!in_flight_.empty() && fenced_.ok()) writer_wakeup_.Wait(&mutex_);
    if (!fenced_.ok()) return fenced_;
  }
  segment_->contents.last_sequence = next_sequence_ - 1;
  // Pieces of Instances that are still arriving were written and not flushed; the seal says that they are.
  Status status = SyncSync(io_, segment_->file.get());
  if (status.ok())
    status = WriteSeal(io_, segment_->file.get(), segment_->id, segment_->tail, segment_->contents);
  if (!status.ok()) {
    Fence(status);
    return status;
  }
  segment_.reset();
  return Status::Ok();
}

void Log::LayOut(Group* group) {
  for (auto& append : group->appends) {
    Extent extent;
    if (!append->data.empty()) PlaceData(group, append.get(), &extent);
    group->extents.push_back(extent);
    if (!append->make_body) continue;
    Fact fact{next_sequence_++, append->kind, append->make_body(append->data.empty() ? nullptr : &extent)};
    ARGENT_CHECK(fact.body.size() <= append->body_bytes_max);
    group->facts.push_back(std::move(fact));
  }
  if (!group->facts.empty()) PlaceCommit(group);
  group->end = {segment_->id, segment_->tail};
}

void Log::AddWrite(Group* group, uint64_t offset, uint8_t* buffer, size_t length) {
  auto operation = std::make_unique<IoOperation>();
  operation->kind = IoOperation::Kind::kWrite;
  operation->file = segment_->file.get();
  operation->offset = offset;
  operation->buffer = buffer;
  operation->length = length;
  operation->done = [this, group](IoOperation* done) { OnOperationDone(group, done); };
  group->operations.push_back(std::move(operation));
}

void Log::PlaceData(Group* group, LogAppend* append, Extent* extent) {
  DataChain& data = append->data;
  RecordHeader header{.kind = RecordKind::kData, .segment = segment_->id, .offset = segment_->tail};
  header.payload_bytes = data.payload_bytes();
  header.previous_commit = segment_->previous_commit;
  header.block_checksums = data.block_checksums();
  {
    MutexLock lock(&mutex_);
    header.durable_through = durable_through_;
  }
  EncodeRecordHeader(header, {data.buffer(0), kRecordHeaderBytes});
  uint64_t record_bytes = header.RecordBytes();
  uint64_t used = kRecordHeaderBytes + data.payload_bytes();
  uint64_t written = 0;
  for (size_t i = 0; i < data.buffer_count(); ++i) {
    size_t length = static_cast<size_t>(std::min<uint64_t>(kPoolBufferBytes, record_bytes - written));
    if (written + length > used) std::memset(data.buffer(i) + (used - written), 0, written + length - used);
    AddWrite(group, segment_->tail + written, data.buffer(i), length);
    written += length;
  }
  *extent = {segment_->id, segment_->tail, static_cast<uint32_t>(data.payload_bytes())};
  segment_->tail += record_bytes;
}

void Log::PlaceCommit(Group* group) {
  std::string payload = BeginCommitPayload();
  for (const Fact& fact : group->facts) AppendFact(fact, &payload);
  SetFactCount(&payload, static_cast<uint32_t>(group->facts.size()));
  RecordHeader header{.kind = RecordKind::kCommit, .segment = segment_->id, .offset = segment_->tail};
  header.payload_bytes = payload.size();
  header.previous_commit = segment_->previous_commit;
  header.block_checksums = BlockChecksums({AsBytes(payload)});
  {
    MutexLock lock(&mutex_);
    header.durable_through = durable_through_;
  }
  auto buffer = std::make_unique<AlignedBuffer>(header.RecordBytes());
  EncodeRecordHeader(header, {buffer->data(), buffer->size()});
  std::memcpy(buffer->data() + kRecordHeaderBytes, payload.data(), payload.size());
  AddWrite(group, segment_->tail, buffer->data(), buffer->size());
  group->buffers.push_back(std::move(buffer));
  segment_->contents.commit_offsets.push_back(segment_->tail);
  segment_->previous_commit = segment_->tail;
  segment_->tail += header.RecordBytes();
}

void Log::Submit(std::unique_ptr<Group> group) {
  std::vector<IoOperation*> operations;
  for (auto& operation : group->operations) operations.push_back(operation.get());
  group->pending = operations.size();
  {
    MutexLock lock(&mutex_);
    ++groups_writing_;
    in_flight_.push_back(std::move(group));
  }
  io_->Submit(std::move(operations));
}

void Log::OnOperationDone(Group* group, IoOperation* operation) {
  if (!operation->status.ok()) {
    MutexLock lock(&group->mutex);
    if (group->status.ok()) group->status = operation->status;
  }
  if (group->pending.fetch_sub(1) == 1) {
    group->state == Group::State::kWriting ? OnWritten(group) : FinishGroup(group);
  }
}

void Log::OnWritten(Group* group) {
  bool failed = !group->GetStatus().ok();
  // Data alone needs no flush of its own: the fact that refers to it will be flushed after it.
  bool sync = !failed && !group->facts.empty();
  IoFile* file = group->operations.front()->file;
  {
    MutexLock lock(&mutex_);
    --groups_writing_;
    group->state = Group::State::kSyncing;
  }
  if (sync) {
    auto operation = std::make_unique<IoOperation>();
    operation->kind = IoOperation::Kind::kSync;
    operation->file = file;
    operation->done = [this, group](IoOperation* done) { OnOperationDone(group, done); };
    IoOperation* raw = operation.get();
    group->operations.push_back(std::move(operation));
    group->pending = 1;
    io_->Submit({raw});
  } else {
    FinishGroup(group);
  }
  writer_wakeup_.NotifyAll();
}

void Log::FinishGroup(Group* group) {
  Status status = group->GetStatus();
  if (!status.ok()) Fence(status);
  {
    MutexLock lock(&mutex_);
    group->state = Group::State::kDone;
  }
  applier_wakeup_.NotifyAll();
}

void Log::Fence(const Status& status) {
  {
    MutexLock lock(&mutex_);
    if (!fenced_.ok()) return;
    fenced_ = Status::IoError(
        "the log's volume is fenced after a failed write or flush; check the disk and restart (" +
        status.message() + ")");
  }
  ARGENT_LOG_ERROR("the log accepts nothing any more, reads go on: {}", status.ToString());
  writer_wakeup_.NotifyAll();
}

void Log::ApplierLoop() {
  while (true) {
    std::unique_ptr<Group> group;
    {
      MutexLock lock(&mutex_);
      while (in_flight_.empty() || in_flight_.front()->state != Group::State::kDone) {
        if (writer_done_ && in_flight_.empty()) return;
        if (catalog_behind_.ok()) {
          applier_wakeup_.Wait(&mutex_);
        } else if (!applier_wakeup_.WaitFor(&mutex_, kCatchUpInterval)) {
          break;
        }
      }
      if (!in_flight_.empty() && in_flight_.front()->state == Group::State::kDone) {
        group = std::move(in_flight_.front());
        in_flight_.pop_front();
        if (!group->facts.empty() && fenced_.ok())
          durable_through_ = std::max(durable_through_, group->end.offset);
      }
    }
    writer_wakeup_.NotifyAll();
    if (group) {
      ApplyGroup(group.get());
    } else {
      // Nobody may append while the catalog is behind, so no group will come that would try it again.
      ApplyBacklog().IgnoreError("kept in catalog_behind_");
    }
  }
}

void Log::ApplyGroup(Group* group) {
  Status status = group->GetStatus();
  {
    MutexLock lock(&mutex_);
    if (status.ok()) status = fenced_;
  }
  group->operations.clear();
  if (status.ok() && !group->facts.empty()) {
    backlog_.emplace_back(std::move(group->facts), group->end);
    status = ApplyBacklog();
  }
  for (size_t i = 0; i < group->appends.size(); ++i) {
    auto append = std::move(group->appends[i]);
    append->data.Clear();
    append->done(status, group->extents[i]);
  }
}

Status Log::ApplyBacklog() {
  Status status;
  while (!backlog_.empty() && status.ok()) {
    status = applier_->Apply(backlog_.front().first, backlog_.front().second);
    if (status.ok()) backlog_.pop_front();
  }
  if (!status.ok())
    ARGENT_LOG_ERROR("the catalog does not take {} groups that are in the log: {}", backlog_.size(),
                     status.ToString());
  MutexLock lock(&mutex_);
  catalog_behind_ = status;
  return status;
}

}  // namespace argent::storage
