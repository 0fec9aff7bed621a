// How far one IoOperation has come: the one place that knows what the result of a read, write or fdatasync
// means. Both implementations of Io ask it after every system call or completion, so that short transfers,
// the end of a file and transient errors are treated alike.
//
// Not thread-safe: belongs to whoever runs the operation.
#pragma once

#include "storage/io/io.h"

namespace argent::storage {

class IoProgress {
 public:
  // What to ask the kernel for next. At most 1 GiB: Linux moves less than 2 GiB per call.
  struct Piece {
    uint8_t* buffer = nullptr;
    size_t length = 0;
    uint64_t offset = 0;
  };

  // Clears the operation's result. False when it is over at once: its status says kInvalidArgument, because
  // it is not aligned as its O_DIRECT file demands or reaches beyond what a file offset can express.
  bool Start(IoOperation* operation);

  Piece Next() const;

  // `result` is what the kernel gave for Next(): bytes, or an errno value negated. True when the operation is
  // over and its status and transferred bytes are final; false when Next() has to be asked for.
  bool Advance(int64_t result);

  IoOperation* operation() const { return operation_; }

 private:
  bool AdvanceAfterError(int error);
  bool AdvanceAfterBytes(size_t bytes);
  bool Fail(Status status);

  IoOperation* operation_ = nullptr;
  unsigned retries_ = 0;  // in a row, without a byte moved
};

}  // namespace argent::storage
