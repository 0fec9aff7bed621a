#include "storage/io/os_file_io.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <optional>

#include "storage/base/log.h"

namespace argent::storage {

namespace {

constexpr mode_t kFileMode = 0640;  // images of patients are nobody else's business
constexpr mode_t kDirectoryMode = 0750;

// `call` until it is not interrupted by a signal.
template <typename Call>
int Uninterrupted(Call call) {
  int result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

int OpenFlags(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY | O_CLOEXEC;
    case OpenMode::kReadWrite:
      return O_RDWR | O_CLOEXEC;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
  }
  return O_RDONLY | O_CLOEXEC;
}

// The alignment the file wants for O_DIRECT: 0 when it cannot, nullopt when the kernel or the file system
// does not say.
std::optional<uint32_t> DirectAlignment(int descriptor) {
#ifdef STATX_DIOALIGN
  struct statx status = {};
  if (statx(descriptor, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) != 0) return std::nullopt;
  if ((status.stx_mask & STATX_DIOALIGN) == 0) return std::nullopt;
  return std::max(status.stx_dio_mem_align, status.stx_dio_offset_align);
#else
  (void)descriptor;
  return std::nullopt;
#endif
}

// Switches an open file to O_DIRECT where that works with kIoAlignment. Done after open(), because a create
// that O_DIRECT makes fail leaves the file behind.
bool SwitchToDirect(int descriptor, const std::string& path) {
  const std::optional<uint32_t> alignment = DirectAlignment(descriptor);
  if (alignment == 0u) return false;
  if (alignment && (*alignment > kIoAlignment || kIoAlignment % *alignment != 0)) {
    ARGENT_LOG_WARNING("{}: O_DIRECT needs an alignment of {} bytes, more than {}: using buffered I/O", path,
                       *alignment, kIoAlignment);
    return false;
  }
  const int flags = fcntl(descriptor, F_GETFL);
  return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_DIRECT) == 0;
}

Result<struct stat> StatusOf(const IoFile* file) {
  struct stat status = {};
  if (fstat(DescriptorOf(file), &status) != 0) return Status::FromErrno(errno, "stat " + file->path());
  return status;
}

uint64_t AvailableBytes(const struct statvfs& volume) { return uint64_t{volume.f_bavail} * volume.f_frsize; }

// Refuses what cannot fit before fallocate() tries: it would fill the volume to the last block first.
Status CheckRoom(const IoFile* file, uint64_t bytes, uint64_t allocated_bytes) {
  struct statvfs volume = {};
  if (fstatvfs(DescriptorOf(file), &volume) != 0) return Status::FromErrno(errno, "statvfs " + file->path());
  if (bytes > allocated_bytes && bytes - allocated_bytes > AvailableBytes(volume)) {
    return Status::NoSpace(fmt::format("reserve {} bytes for {}: the volume has {} left", bytes, file->path(),
                                       AvailableBytes(volume)));
  }
  return Status::Ok();
}

}  // namespace

OsFile::~OsFile() { close(descriptor_); }

int DescriptorOf(const IoFile* file) { return static_cast<const OsFile*>(file)->descriptor(); }

Result<std::unique_ptr<IoFile>> OsFileIo::Open(const std::string& path, const OpenOptions& options) {
  const int descriptor =
      Uninterrupted([&] { return open(path.c_str(), OpenFlags(options.mode), kFileMode); });
  if (descriptor < 0) return Status::FromErrno(errno, "open " + path);
  struct stat status = {};
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(descriptor);
    return Status::InvalidArgument("open " + path + ": not a regular file");
  }
  const bool direct = options.direct && SwitchToDirect(descriptor, path);
  return std::unique_ptr<IoFile>(std::make_unique<OsFile>(descriptor, path, direct));
}

Result<uint64_t> OsFileIo::FileSize(IoFile* file) {
  ARGENT_ASSIGN_OR_RETURN(const struct stat status, StatusOf(file));
  return static_cast<uint64_t>(status.st_size);
}

Status OsFileIo::Preallocate(IoFile* file, uint64_t bytes) {
  if (bytes == 0) return Status::Ok();
  if (bytes > static_cast<uint64_t>(std::numeric_limits<off_t>::max())) {
    return Status::NoSpace("reserve space for " + file->path() + ": larger than any file can be");
  }
  ARGENT_ASSIGN_OR_RETURN(const struct stat before, StatusOf(file));
  ARGENT_RETURN_IF_ERROR(CheckRoom(file, bytes, static_cast<uint64_t>(before.st_blocks) * 512));
  const int descriptor = DescriptorOf(file);
  if (Uninterrupted([&] { return fallocate(descriptor, 0, 0, static_cast<off_t>(bytes)); }) == 0)
    return Status::Ok();
  const int error = errno;
  // ext4 keeps what it had reserved when it ran out: give that back.
  const bool out_of_space = error == ENOSPC || error == EDQUOT;
  if (out_of_space && Uninterrupted([&] { return ftruncate(descriptor, before.st_size); }) != 0) {
    ARGENT_LOG_WARNING("{}: could not give reserved space back", file->path());
  }
  const std::string what = fmt::format("reserve {} bytes for {}", bytes, file->path());
  if (error == EOPNOTSUPP)
    return Status::Unsupported(what + ": the file system has no fallocate; use ext4 or XFS");
  return Status::FromErrno(error == EFBIG ? ENOSPC : error, what);
}

Status OsFileIo::Truncate(IoFile* file, uint64_t bytes) {
  if (bytes > static_cast<uint64_t>(std::numeric_limits<off_t>::max())) {
    return Status::InvalidArgument("truncate " + file->path() + ": larger than any file can be");
  }
  const int descriptor = DescriptorOf(file);
  if (Uninterrupted([&] { return ftruncate(descriptor, static_cast<off_t>(bytes)); }) == 0)
    return Status::Ok();
  return Status::FromErrno(errno, "truncate " + file->path());
}

Status OsFileIo::MakeDirectory(const std::string& path) {
  if (mkdir(path.c_str(), kDirectoryMode) == 0) return Status::Ok();
  const int error = errno;
  struct stat status = {};
  if (error == EEXIST && stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return Status::Ok();
  return Status::FromErrno(error, "create directory " + path);
}

Status OsFileIo::SyncDirectory(const std::string& path) {
  const int descriptor =
      Uninterrupted([&] { return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (descriptor < 0) return Status::FromErrno(errno, "open directory " + path);
  const int result = Uninterrupted([&] { return fsync(descriptor); });
  const int error = errno;
  close(descriptor);
  return result == 0 ? Status::Ok() : Status::FromErrno(error, "sync directory " + path);
}

Status OsFileIo::Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return Status::Ok();
  return Status::FromErrno(errno, "rename " + from + " to " + to);
}

Status OsFileIo::Remove(const std::string& path) {
  if (remove(path.c_str()) == 0) return Status::Ok();
  return Status::FromErrno(errno, "remove " + path);
}

Result<bool> OsFileIo::Exists(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return Status::FromErrno(errno, "stat " + path);
}

Result<std::vector<std::string>> OsFileIo::List(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(directory.c_str()), closedir);
  if (stream == nullptr) return Status::FromErrno(errno, "list " + directory);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  if (errno != 0) return Status::FromErrno(errno, "list " + directory);
  std::sort(names.begin(), names.end());
  return names;
}

Status OsFileIo::Lock(IoFile* file) {
  // flock() belongs to the open file, not to the process as fcntl(F_SETLK) does: a second opener in this
  // process is refused too, and closing another descriptor of the file does not drop the lock.
  const int descriptor = DescriptorOf(file);
  if (Uninterrupted([&] { return flock(descriptor, LOCK_EX | LOCK_NB); }) == 0) return Status::Ok();
  if (errno == EWOULDBLOCK) return Status::Overloaded(file->path() + " is locked by another process");
  return Status::FromErrno(errno, "lock " + file->path());
}

Result<uint64_t> OsFileIo::FreeBytes(const std::string& directory) {
  struct statvfs volume = {};
  if (statvfs(directory.c_str(), &volume) != 0) return Status::FromErrno(errno, "statvfs " + directory);
  return AvailableBytes(volume);
}

}  // namespace argent::storage
