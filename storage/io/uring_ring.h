// The kernel's ring behind UringIo, and what liburing's calls return as a Status. Only storage/io/uring_*.cc
// include this.
#pragma once

#include <liburing.h>
#include <sys/uio.h>

#include <vector>

#include "storage/base/check.h"
#include "storage/base/status.h"

namespace argent::storage {

// Belongs to one thread from Open() on, as IORING_SETUP_SINGLE_ISSUER demands.
class Ring {
 public:
  Ring() = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() {
    if (open_) io_uring_queue_exit(&ring_);
  }

  // kUnsupported when the kernel refuses, or lacks an opcode we need; says which and what to do.
  Status Open(unsigned depth);

  // Never null: the slots are fewer than the entries.
  io_uring_sqe* NewSubmission() {
    io_uring_sqe* submission = io_uring_get_sqe(&ring_);
    ARGENT_CHECK(submission != nullptr);
    return submission;
  }

  // Gives the kernel what is new and waits until at least one completion is there.
  void SubmitAndWait();

  // Calls `handle(tag, result)` for each completion.
  template <typename Handle>
  void Reap(Handle handle) {
    unsigned head = 0;
    unsigned count = 0;
    io_uring_cqe* completion = nullptr;
    io_uring_for_each_cqe(&ring_, head, completion) {
      handle(completion->user_data, completion->res);
      ++count;
    }
    io_uring_cq_advance(&ring_, count);
  }

  // Zero or an errno value.
  int RegisterBuffers(const std::vector<iovec>& buffers);

  unsigned entries() const { return *ring_.sq.kring_entries; }

 private:
  Status Probe();

  io_uring ring_ = {};
  bool open_ = false;
};

}  // namespace argent::storage
