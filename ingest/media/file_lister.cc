#include "ingest/media/file_lister.h"

#include <algorithm>
#include <filesystem>

namespace argent::ingest {

namespace fs = std::filesystem;

FileLister::FileLister(const std::vector<std::string>& paths) {
  for (auto path = paths.rbegin(); path != paths.rend(); ++path) pending_.push_back({*path, true});
}

std::optional<std::string> FileLister::Next(Status* error) {
  MutexLock lock(&mutex_);
  while (!pending_.empty()) {
    const Pending next = std::move(pending_.back());
    pending_.pop_back();
    std::error_code code;
    const fs::file_status status =
        next.is_given ? fs::status(next.path, code) : fs::symlink_status(next.path, code);
    if (fs::is_regular_file(status)) return next.path;
    if (fs::is_directory(status)) {
      *error = PushChildren(next.path);
      if (!error->ok()) return next.path;
    } else if (!fs::exists(status)) {
      *error = code && code != std::errc::no_such_file_or_directory
                   ? Status::FromErrno(code.value(), "cannot be reached")
                   : Status::NotFound("no such file or folder");
      return next.path;
    } else if (next.is_given) {
      *error = Status::InvalidArgument("neither a file nor a folder");
      return next.path;
    } else {
      ++skipped_;
    }
  }
  return std::nullopt;
}

Status FileLister::PushChildren(const std::string& folder) {
  std::error_code code;
  std::vector<std::string> children;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code))
    children.push_back(it->path().string());
  if (code) return Status::FromErrno(code.value(), "the folder cannot be listed");
  std::sort(children.rbegin(), children.rend());
  for (std::string& child : children) pending_.push_back({std::move(child), false});
  return Status::Ok();
}

}  // namespace argent::ingest
