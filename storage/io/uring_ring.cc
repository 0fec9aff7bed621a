#include "storage/io/uring_ring.h"

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "storage/base/log.h"

namespace argent::storage {

namespace {

struct Opcode {
  int code;
  const char* name;
};
constexpr std::array<Opcode, 5> kOpcodesNeeded = {{{IORING_OP_READ, "IORING_OP_READ"},
                                                   {IORING_OP_WRITE, "IORING_OP_WRITE"},
                                                   {IORING_OP_READ_FIXED, "IORING_OP_READ_FIXED"},
                                                   {IORING_OP_WRITE_FIXED, "IORING_OP_WRITE_FIXED"},
                                                   {IORING_OP_FSYNC, "IORING_OP_FSYNC"}}};

// Best first. DEFER_TASKRUN (Linux 6.1) runs completion work only when our thread asks, so that it neither
// interrupts callbacks nor wakes the thread once per completion; COOP_TASKRUN (5.19) at least spares the
// interrupts. With 512 KiB writes on two cores the three were alike within the noise, so this decides how the
// thread behaves, not how fast a disk is.
constexpr std::array<unsigned, 3> kSetupFlags = {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
                                                 IORING_SETUP_COOP_TASKRUN, 0};

Status SetupError(int error) {
  const std::string what = fmt::format("io_uring_setup: {}", std::strerror(error));
  switch (error) {
    case ENOSYS:
      return Status::Unsupported(what + " (the kernel was built without io_uring)");
    case EPERM:
    case EACCES:
      return Status::Unsupported(
          what +
          " (forbidden by the sysctl kernel.io_uring_disabled, or by a seccomp filter as "
          "containers have)");
    case ENOMEM:
      return Status::Unsupported(what + " (raise the memlock limit: ulimit -l, LimitMEMLOCK=)");
    default:
      return Status::Unsupported(what);
  }
}

}  // namespace

Status Ring::Open(unsigned depth) {
  int error = 0;
  for (const unsigned flags : kSetupFlags) {
    error = -io_uring_queue_init(depth, &ring_, flags);
    if (error == 0) break;
    if (error != EINVAL) return SetupError(error);
  }
  if (error != 0) return SetupError(error);
  open_ = true;
  ARGENT_RETURN_IF_ERROR(Probe());
  // Saves a reference to the ring's descriptor at every call; where the kernel is too old nothing is lost.
  (void)io_uring_register_ring_fd(&ring_);
  return Status::Ok();
}

void Ring::SubmitAndWait() {
  const int result = io_uring_submit_and_wait(&ring_, 1);
  if (result >= 0 || result == -EINTR) return;
  // EAGAIN, EBUSY: the kernel is short of memory for requests. They stay in the ring for the next call.
  if (result == -EAGAIN || result == -EBUSY) {
    std::this_thread::yield();
    return;
  }
  ARGENT_LOG_ERROR("io_uring_enter: {}", std::strerror(-result));
  ARGENT_CHECK(false && "io_uring_enter refuses a ring we set up");
}

int Ring::RegisterBuffers(const std::vector<iovec>& buffers) {
  return -io_uring_register_buffers(&ring_, buffers.data(), static_cast<unsigned>(buffers.size()));
}

Status Ring::Probe() {
  if ((ring_.features & IORING_FEAT_NODROP) == 0) {
    return Status::Unsupported("io_uring: the kernel (before 5.5) may drop completions");
  }
  io_uring_probe* probe = io_uring_get_probe_ring(&ring_);
  if (probe == nullptr)
    return Status::Unsupported("io_uring: the kernel (before 5.6) cannot list its opcodes");
  std::string missing;
  for (const Opcode& opcode : kOpcodesNeeded) {
    if (!io_uring_opcode_supported(probe, opcode.code)) missing += fmt::format(" {}", opcode.name);
  }
  io_uring_free_probe(probe);
  if (missing.empty()) return Status::Ok();
  return Status::Unsupported("io_uring: the kernel lacks" + missing);
}

}  // namespace argent::storage
