#include "ingest/media/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "codec/part10.h"
#include "ingest/media/read_ahead.h"

namespace argent::ingest {

namespace {

Outcome Refused(Status status) {
  Outcome outcome;
  outcome.status = std::move(status);
  return outcome;
}

// Counts what many threads do and tells the observer.
class Tally {
 public:
  Tally(const FileLister* lister, ImportObserver* observer) : lister_(lister), observer_(observer) {}

  void AddBytes(uint64_t bytes) {
    MutexLock lock(&mutex_);
    totals_.bytes += bytes;
    observer_->OnProgress(totals_);
  }

  void AddFile(const FileReport& done, uint64_t front_bytes) {
    MutexLock lock(&mutex_);
    ++totals_.files;
    totals_.bytes += front_bytes;
    ++CountOf(done.outcome.kind);
    totals_.skipped = lister_->skipped();
    observer_->OnFile(done, totals_);
  }

  ImportTotals Finish() {
    MutexLock lock(&mutex_);
    totals_.skipped = lister_->skipped();
    return totals_;
  }

 private:
  uint64_t& CountOf(OutcomeKind kind) ARGENT_REQUIRES(mutex_) {
    switch (kind) {
      case OutcomeKind::kStored:
        return totals_.stored;
      case OutcomeKind::kDuplicate:
        return totals_.duplicates;
      case OutcomeKind::kConflict:
        return totals_.conflicts;
      case OutcomeKind::kRefused:
        break;
    }
    return totals_.refused;
  }

  const FileLister* const lister_;
  ImportObserver* const observer_;
  Mutex mutex_;
  ImportTotals totals_ ARGENT_GUARDED_BY(mutex_);
};

// What lies behind the front, read straight into the upload's buffers.
Status AppendRest(storage::Io& io, const FileFront& file, Upload* upload, Tally* tally) {
  for (uint64_t position = file.front_bytes; position < file.file_bytes;) {
    ARGENT_ASSIGN_OR_RETURN(MutableByteView space, upload->Reserve());
    space = space.first(static_cast<size_t>(std::min<uint64_t>(space.size(), file.file_bytes - position)));
    ARGENT_ASSIGN_OR_RETURN(const size_t got, ReadSync(&io, file.file.get(), position, space));
    if (got == 0) break;
    position += got;
    ARGENT_RETURN_IF_ERROR(upload->Advance(got));
    tally->AddBytes(got);
  }
  return Status::Ok();
}

// A file that somebody still writes would be kept in part.
Status CheckUnchanged(storage::Io& io, const FileFront& file) {
  ARGENT_ASSIGN_OR_RETURN(const uint64_t bytes, io.FileSize(file.file.get()));
  const bool front_whole = file.front_bytes == std::min<uint64_t>(file.file_bytes, ReadAhead::kFrontBytesMax);
  if (bytes == file.file_bytes && front_whole) return Status::Ok();
  return Status::Aborted(fmt::format(
      "the file changed while it was read, from {} to {} bytes: import it again when nobody writes it",
      file.file_bytes, bytes));
}

Outcome ImportFile(storage::Io& io, Uploader& uploader, const FileFront& file, Tally* tally) {
  if (!file.status.ok()) return Refused(file.status);
  if (file.front_bytes == 0) return Refused(Status::InvalidArgument("the file is empty"));
  const ByteView front = file.front();
  auto head = codec::ParseFileHead(front.first(std::min(front.size(), codec::kFileHeadBytes)));
  if (!head.ok()) return Refused(head.status());
  UploadRequest request{
      .transfer_syntax_uid = head->transfer_syntax_uid,
      .source = {.door = Door::kImport, .calling_ae_title = {}, .called_ae_title = {}, .peer = file.path},
      .expected_sop_class_uid = {},
      .expected_sop_instance_uid = {}};
  auto upload = uploader.Begin(std::move(request));
  if (!upload.ok()) return Refused(upload.status());
  Status status = (*upload)->Append(front.subspan(static_cast<size_t>(head->data_set_position)));
  if (status.ok()) status = AppendRest(io, file, upload->get(), tally);
  if (status.ok()) status = CheckUnchanged(io, file);
  // After a refusal Finish() keeps nothing; it knows which Instance it was.
  if (status.ok() || status.code() == StatusCode::kInvalidArgument) return (*upload)->Finish();
  return Refused(status);
}

}  // namespace

ImportTotals ImportFiles(storage::Io& io, Uploader& uploader, const std::vector<std::string>& paths,
                         const ImportOptions& options, const std::atomic<bool>& stop,
                         ImportObserver& observer) {
  FileLister lister(paths);
  ReadAhead files(&io, &lister);
  Tally tally(&lister, &observer);
  auto work = [&] {
    while (!stop) {
      const std::optional<FileFront> file = files.Next();
      if (!file) return;
      const FileReport done{file->path, ImportFile(io, uploader, *file, &tally)};
      tally.AddFile(done, file->front_bytes);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < options.uploads_in_flight; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  return tally.Finish();
}

}  // namespace argent::ingest
