#include "ingest/media/read_ahead.h"

#include <algorithm>

namespace argent::ingest {

ReadAhead::~ReadAhead() {
  MutexLock lock(&mutex_);
  for (const std::unique_ptr<Entry>& entry : entries_) {
    while (!entry->done) entry->arrived.Wait(&mutex_);
  }
}

std::optional<FileFront> ReadAhead::Next() {
  TopUp();
  MutexLock lock(&mutex_);
  while (entries_.empty()) {
    if (listed_ && opening_ == 0) return std::nullopt;
    changed_.Wait(&mutex_);
  }
  const std::unique_ptr<Entry> entry = std::move(entries_.front());
  entries_.pop_front();
  while (!entry->done) entry->arrived.Wait(&mutex_);
  if (!entry->read_status.ok()) entry->front.status = entry->read_status;
  return std::move(entry->front);
}

// Files are opened outside the lock: on a cold disk an open waits as long as a read.
void ReadAhead::TopUp() {
  while (ClaimPlace()) {
    auto entry = std::make_unique<Entry>();
    Status error;
    std::optional<std::string> path = lister_->Next(&error);
    if (path) {
      entry->front.path = std::move(*path);
      entry->front.status = error.ok() ? Start(entry.get()) : error;
    }
    MutexLock lock(&mutex_);
    --opening_;
    if (!path) {
      listed_ = true;
    } else {
      if (!entry->front.status.ok() || entry->read.length == 0) entry->done = true;
      entries_.push_back(std::move(entry));
    }
    changed_.NotifyAll();
  }
}

// With ok() and a length to read, the callback comes.
Status ReadAhead::Start(Entry* entry) {
  FileFront& front = entry->front;
  ARGENT_ASSIGN_OR_RETURN(front.file, io_->Open(front.path, {.mode = storage::OpenMode::kRead}));
  ARGENT_ASSIGN_OR_RETURN(front.file_bytes, io_->FileSize(front.file.get()));
  const size_t length = static_cast<size_t>(std::min<uint64_t>(front.file_bytes, kFrontBytesMax));
  front.memory = std::make_unique_for_overwrite<uint8_t[]>(length);
  storage::IoOperation& read = entry->read;
  read.file = front.file.get();
  read.buffer = front.memory.get();
  read.length = length;
  read.done = [this, entry](storage::IoOperation* operation) {
    MutexLock lock(&mutex_);
    entry->front.front_bytes = operation->transferred;
    entry->read_status = operation->status;
    entry->done = true;
    entry->arrived.NotifyOne();
  };
  if (length > 0) io_->Submit({&read});
  return Status::Ok();
}

bool ReadAhead::ClaimPlace() {
  MutexLock lock(&mutex_);
  if (listed_ || entries_.size() + opening_ >= kFilesMax) return false;
  ++opening_;
  return true;
}

}  // namespace argent::ingest
