#include "ingest/media/import.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "codec/part10.h"
#include "storage/base/mutex.h"

namespace argent::ingest {

namespace {
namespace fs = std::filesystem;

// Gives the files below `paths` one after the other, folders in order of their names. One lister, many
// readers.
class FileLister {
 public:
  explicit FileLister(const std::vector<std::string>& paths) : pending_(paths.rbegin(), paths.rend()) {}

  // The next file, or nullopt at the end. *error is set when the path cannot be listed or is no file.
  std::optional<std::string> Next(Status* error) {
    MutexLock lock(&mutex_);
    while (!pending_.empty()) {
      std::string path = std::move(pending_.back());
      pending_.pop_back();
      std::error_code code;
      fs::file_status status = fs::symlink_status(path, code);
      if (fs::is_directory(status)) {
        *error = PushChildren(path);
        if (!error->ok()) return path;
        continue;
      }
      if (fs::is_regular_file(status)) return path;
      if (fs::exists(status)) continue;  // a link, a socket, a device: not a file
      *error = Status::NotFound("no such file or folder");
      return path;
    }
    return std::nullopt;
  }

 private:
  Status PushChildren(const std::string& folder) ARGENT_REQUIRES(mutex_) {
    std::error_code code;
    std::vector<std::string> children;
    for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code))
      children.push_back(it->path().string());
    if (code) return Status::IoError("the folder cannot be listed: " + code.message());
    std::sort(children.rbegin(), children.rend());
    pending_.insert(pending_.end(), children.begin(), children.end());
    return Status::Ok();
  }

  Mutex mutex_;
  std::vector<std::string> pending_ ARGENT_GUARDED_BY(mutex_);  // the next is last
};

Outcome Refused(Status status) {
  Outcome outcome;
  outcome.status = std::move(status);
  return outcome;
}

Outcome ImportFile(storage::Io& io, Uploader& uploader, const std::string& path, uint64_t* bytes) {
  auto file = io.Open(path, {.mode = storage::OpenMode::kRead});
  if (!file.ok()) return Refused(file.status());
  std::vector<uint8_t> front(codec::kFileHeadBytes);
  auto got = ReadSync(&io, file->get(), 0, front);
  if (!got.ok()) return Refused(got.status());
  if (*got == 0) return Refused(Status::InvalidArgument("the file is empty"));
  ByteView head_bytes(front.data(), *got);
  auto head = codec::ParseFileHead(head_bytes);
  if (!head.ok()) return Refused(head.status());
  UploadRequest request{
      .transfer_syntax_uid = head->transfer_syntax_uid,
      .source = {.door = Door::kImport, .calling_ae_title = {}, .called_ae_title = {}, .peer = path},
      .expected_sop_class_uid = {},
      .expected_sop_instance_uid = {}};
  auto upload = uploader.Begin(std::move(request));
  if (!upload.ok()) return Refused(upload.status());
  Status status = (*upload)->Append(head_bytes.subspan(std::min<uint64_t>(head->data_set_position, *got)));
  uint64_t position = std::max<uint64_t>(*got, head->data_set_position);
  bool at_end = *got < front.size();
  while (status.ok() && !at_end) {
    auto space = (*upload)->Reserve();
    if (!space.ok()) return Refused(space.status());
    auto read = ReadSync(&io, file->get(), position, *space);
    if (!read.ok()) return Refused(read.status());
    at_end = *read < space->size();
    position += *read;
    if (*read > 0) status = (*upload)->Advance(*read);
  }
  *bytes += position;
  return (*upload)->Finish();
}
}  // namespace

ImportTotals ImportFiles(
    storage::Io& io, Uploader& uploader, const std::vector<std::string>& paths, const ImportOptions& options,
    const std::atomic<bool>& stop,
    const std::function<void(const FileReport& report, const ImportTotals& totals)>& report) {
  FileLister lister(paths);
  Mutex mutex;
  ImportTotals totals;
  auto work = [&] {
    while (!stop) {
      Status error;
      std::optional<std::string> path = lister.Next(&error);
      if (!path) return;
      uint64_t bytes = 0;
      FileReport done{*path, error.ok() ? ImportFile(io, uploader, *path, &bytes) : Refused(error)};
      MutexLock lock(&mutex);
      ++totals.files;
      totals.bytes += bytes;
      switch (done.outcome.kind) {
        case OutcomeKind::kStored:
          ++totals.stored;
          break;
        case OutcomeKind::kDuplicate:
          ++totals.duplicates;
          break;
        case OutcomeKind::kConflict:
          ++totals.conflicts;
          break;
        case OutcomeKind::kRefused:
          ++totals.refused;
          break;
      }
      report(done, totals);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < options.files_in_flight; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  return totals;
}

}  // namespace argent::ingest
