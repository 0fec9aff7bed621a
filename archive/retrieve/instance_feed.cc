#include "archive/retrieve/instance_feed.h"

#include "codec/transcode.h"

namespace argent::archive {

InstanceFeed::InstanceFeed(storage::DataReader* reader, std::vector<Job> jobs)
    : reader_(reader), jobs_(std::move(jobs)), thread_([this] { Run(); }) {}

InstanceFeed::~InstanceFeed() {
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void InstanceFeed::Run() {
  for (const Job& job : jobs_) {
    Piece last;
    last.last = true;
    last.status = ReadJob(job);
    if (!Push(std::move(last)).ok()) return;  // stopped
  }
}

Status InstanceFeed::ReadJob(const Job& job) {
  const ingest::StoredVariant& stored = job.instance->stored.variant;
  const auto push = [this](ByteView bytes) {
    if (bytes.empty()) return Status::Ok();
    Piece piece;
    piece.bytes = AsText(bytes);
    return Push(std::move(piece));
  };
  if (job.transfer_syntax_uid == stored.transfer_syntax_uid) {
    return reader_->Read(stored.extents, 0, stored.data_set_bytes, push);
  }
  ARGENT_ASSIGN_OR_RETURN(
      auto transcoder, codec::Transcoder::Create(stored.transfer_syntax_uid, job.transfer_syntax_uid, push));
  ARGENT_RETURN_IF_ERROR(reader_->Read(stored.extents, 0, stored.data_set_bytes,
                                       [&transcoder](ByteView bytes) { return transcoder->Feed(bytes); }));
  return transcoder->Finish();
}

// A piece is taken as soon as there is room for a byte: it may pass the bound by its own size (2 MiB).
Status InstanceFeed::Push(Piece piece) {
  MutexLock lock(&mutex_);
  while (!stopped_ && !piece.last && buffered_bytes_ >= kBufferedBytesMax) changed_.Wait(&mutex_);
  if (stopped_) return Status::Aborted("retrieval ended");
  buffered_bytes_ += piece.bytes.size();
  if (piece.last) ++last_pieces_;
  pieces_.push_back(std::move(piece));
  changed_.NotifyAll();
  return Status::Ok();
}

InstanceFeed::Piece InstanceFeed::Pop() {
  MutexLock lock(&mutex_);
  while (pieces_.empty()) changed_.Wait(&mutex_);
  Piece piece = std::move(pieces_.front());
  pieces_.pop_front();
  buffered_bytes_ -= piece.bytes.size();
  if (piece.last) --last_pieces_;
  changed_.NotifyAll();
  return piece;
}

Status InstanceFeed::Begin() {
  while (inside_) inside_ = !Pop().last;
  if (begun_ == jobs_.size()) return Status::Internal("no Instance left to send");
  ++begun_;
  inside_ = true;
  MutexLock lock(&mutex_);
  while (last_pieces_ == 0 && buffered_bytes_ < kBufferedBytesMax) changed_.Wait(&mutex_);
  for (const Piece& piece : pieces_) {
    if (piece.last) return piece.status;
  }
  return Status::Ok();
}

Result<ByteView> InstanceFeed::NextPiece() {
  if (!inside_) return ByteView();
  current_ = Pop();
  if (!current_.last) return AsBytes(current_.bytes);
  inside_ = false;
  ARGENT_RETURN_IF_ERROR(current_.status);
  return ByteView();
}

}  // namespace argent::archive
