// Files and the bytes in them, as an interface: the fault seam of the archive. UringIo (io_uring, O_DIRECT)
// and PosixIo (a small pool over pread/pwrite/fdatasync) pass the same contract suite; tests put a simulated
// disk here.
//
// Data operations are asynchronous: the caller owns the IoOperation and its buffer until the callback, which
// comes exactly once, from the implementation's completion thread and never from inside Submit(). Short reads
// and writes are continued and EAGAIN/EINTR retried inside, in one place: a callback sees all of it or an
// error. A read that ends before `length` because the file ends is no error: `transferred` tells. Operations
// submitted together run in any order. Callbacks run one at a time. A callback may submit, its own operation
// again too, and may destroy its operation; it must not wait for another one. An operation on a direct() file
// that is not aligned ends with kInvalidArgument and moves nothing.
//
// Namespace operations (open, list, rename …) are synchronous: they are rare. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::storage {

// Alignment of offsets, lengths and buffers of the log: the largest that O_DIRECT asks for on the devices we
// run on. A file whose STATX_DIOALIGN is larger is opened buffered, with a warning.
inline constexpr size_t kIoAlignment = 4096;

class IoFile {
 public:
  virtual ~IoFile() = default;  // closes
  virtual const std::string& path() const = 0;
  virtual bool direct() const = 0;  // O_DIRECT in effect: operations must be aligned to kIoAlignment
};

struct IoOperation {
  enum class Kind {
    kRead,
    kWrite,
    kSync
  };  // kSync: fdatasync, covers every write whose callback came before Submit()
  Kind kind = Kind::kRead;
  IoFile* file = nullptr;
  uint64_t offset = 0;
  uint8_t* buffer = nullptr;  // kRead fills it, kWrite only reads it
  size_t length = 0;
  // Called once; `status` and `transferred` below are set.
  std::function<void(IoOperation*)> done;

  Status status;
  size_t transferred = 0;
};

enum class OpenMode {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreate,     // must not exist (kAlreadyExists)
};

struct OpenOptions {
  OpenMode mode = OpenMode::kRead;
  bool direct =
      false;  // ask for O_DIRECT; falls back to buffered where the file system refuses (see IoFile::direct)
};

class Io {
 public:
  virtual ~Io() = default;                    // waits until every operation submitted has had its callback
  virtual std::string_view name() const = 0;  // "io_uring" or "posix"

  // Takes any number of operations; those that find no place in the ring wait in front of it.
  virtual void Submit(std::vector<IoOperation*> operations) = 0;
  // Memory that many operations will use (page aligned): UringIo registers it so that the kernel maps it
  // once. May be refused by limits (memlock): then operations work all the same. Call before first use, at
  // most once per Io, and not from a callback. The memory must stay as long as the Io.
  virtual Status RegisterBuffers(MutableByteView memory) = 0;

  virtual Result<std::unique_ptr<IoFile>> Open(const std::string& path, const OpenOptions& options) = 0;
  virtual Result<uint64_t> FileSize(IoFile* file) = 0;
  // Reserves blocks for [0, bytes) and makes the file that long unless it is longer; they read as zeros.
  // kNoSpace when the volume has not that much. After a failure the file is as long as before.
  virtual Status Preallocate(IoFile* file, uint64_t bytes) = 0;
  virtual Status Truncate(IoFile* file, uint64_t bytes) = 0;
  virtual Status MakeDirectory(
      const std::string& path) = 0;  // ok when it exists already; its parent must exist
  virtual Status SyncDirectory(
      const std::string& path) = 0;  // makes creations, renames and removals in it durable
  virtual Status Rename(const std::string& from, const std::string& to) = 0;  // replaces a file at `to`
  virtual Status Remove(const std::string& path) = 0;                         // a file or an empty directory
  virtual Result<bool> Exists(const std::string& path) = 0;
  virtual Result<std::vector<std::string>> List(
      const std::string& directory) = 0;  // names, sorted, without . and ..
  // Exclusive advisory lock on an open file until it is closed; kOverloaded when another process, or another
  // Open() of this one, holds it.
  virtual Status Lock(IoFile* file) = 0;
  virtual Result<uint64_t> FreeBytes(
      const std::string& directory) = 0;  // what an unprivileged writer may still use
};

struct UringOptions {
  unsigned depth = 256;  // operations in the ring; more wait in a queue in front of it
};
// kUnsupported, saying which opcode or permission is missing (kernel.io_uring_disabled, seccomp), when
// io_uring cannot be used.
Result<std::unique_ptr<Io>> NewUringIo(const UringOptions& options);
std::unique_ptr<Io> NewPosixIo(int threads);
// UringIo where it works, else PosixIo with a line in the log that says why.
std::unique_ptr<Io> NewBestIo();

// Waits for one operation. Convenience for rare paths; never from a callback.
Result<size_t> ReadSync(Io* io, IoFile* file, uint64_t offset, MutableByteView buffer);
Status WriteSync(Io* io, IoFile* file, uint64_t offset, ByteView bytes);
Status SyncSync(Io* io, IoFile* file);

// Memory aligned for O_DIRECT. A large one costs memory only where it has been touched.
class AlignedBuffer {
 public:
  explicit AlignedBuffer(size_t bytes);  // rounded up to kIoAlignment; zeros
  uint8_t* data() { return data_.get(); }
  const uint8_t* data() const { return data_.get(); }
  size_t size() const { return size_; }

 private:
  struct Free {
    size_t size;
    void operator()(uint8_t* p) const;
  };
  size_t size_;
  std::unique_ptr<uint8_t, Free> data_;
};

}  // namespace argent::storage
