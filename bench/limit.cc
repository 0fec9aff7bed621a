// argent_limit: what this machine could do at best, to hold an archive's numbers against.
//
// The question: with no DICOM, no catalog and no checks, how many bytes a second go over loopback TCP into
// O_DIRECT writes over blocks written before, with one fdatasync per group, every group answered to its
// sender only after the flush? A sender waits for the answer to each of its objects, as a C-STORE SCU does.
// One sender alone gives the floor of a response time.
//
//   argent_limit --file DIR/limit.tmp --senders 4 --object-bytes 524288 --megabytes 2048
//
// One thread receives and writes through io_uring; each object is one write, and a flush covers every object
// complete at that moment. The file is written once before (so that no block is unwritten) and removed
// afterwards.
#include <fcntl.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "bench/load/report.h"
#include "storage/base/status.h"

namespace argent::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr size_t kAlignment = 4096;
constexpr size_t kFileBytesMax = size_t{4} << 30;
constexpr size_t kPrewriteBytes = size_t{4} << 20;

struct Options {
  std::string file;
  int senders = 4;
  size_t object_bytes = 512 * 1024;
  size_t megabytes = 2048;
};

struct FreeDeleter {
  void operator()(uint8_t* p) const { std::free(p); }
};
using Buffer = std::unique_ptr<uint8_t, FreeDeleter>;

Buffer MakeBuffer(size_t bytes) {
  auto* memory = static_cast<uint8_t*>(std::aligned_alloc(kAlignment, bytes));
  ARGENT_CHECK(memory != nullptr);
  std::fill_n(memory, bytes, uint8_t{0x5A});
  return Buffer(memory);
}

// The file of `bytes`, every block of it written and flushed.
Result<int> OpenPrewritten(const std::string& path, size_t bytes) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_DIRECT | O_CLOEXEC, 0600);
  if (fd < 0) return Status::FromErrno(errno, path);
  if (const int error = posix_fallocate(fd, 0, static_cast<off_t>(bytes)); error != 0)
    return Status::FromErrno(error, path);
  const Buffer buffer = MakeBuffer(kPrewriteBytes);
  for (size_t at = 0; at < bytes; at += kPrewriteBytes) {
    const size_t part = std::min(kPrewriteBytes, bytes - at);
    if (pwrite(fd, buffer.get(), part, static_cast<off_t>(at)) != static_cast<ssize_t>(part))
      return Status::FromErrno(errno, path);
  }
  if (fsync(fd) != 0) return Status::FromErrno(errno, path);
  return fd;
}

bool SendAll(int fd, const uint8_t* data, size_t bytes) {
  while (bytes > 0) {
    const ssize_t sent = send(fd, data, bytes, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    bytes -= static_cast<size_t>(sent);
  }
  return true;
}

// The sending side: an object, then one byte of answer, until `count` are through.
void RunSender(uint16_t port, size_t object_bytes, size_t count, WorkerReport* report) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return report->Fail("connect");
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const Buffer object = MakeBuffer(object_bytes);
  for (size_t i = 0; i < count; ++i) {
    const auto start = SteadyClock::now();
    uint8_t answer = 0;
    if (!SendAll(fd, object.get(), object_bytes) || recv(fd, &answer, 1, 0) != 1) {
      report->Fail("the receiver went away");
      break;
    }
    const auto passed =
        std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - start).count();
    report->latencies_us.push_back(static_cast<uint32_t>(passed));
    report->bytes += object_bytes;
  }
  close(fd);
}

// The receiving side: fills a buffer per sender, writes each full one, and answers a group after its flush.
class Receiver {
 public:
  Receiver(int file, size_t file_bytes, const Options& options)
      : file_(file), file_bytes_(file_bytes), options_(options) {}
  ~Receiver() {
    if (ring_ready_) io_uring_queue_exit(&ring_);
  }

  Status Run(int listener) {
    if (const int error = io_uring_queue_init(512, &ring_, 0); error < 0)
      return Status::FromErrno(-error, "io_uring_queue_init");
    ring_ready_ = true;
    for (int i = 0; i < options_.senders; ++i) {
      const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return Status::FromErrno(errno, "accept");
      peers_.push_back({fd, MakeBuffer(options_.object_bytes)});
    }
    while (open_peers() > 0) {
      ARGENT_RETURN_IF_ERROR(ReceiveSome());
      ARGENT_RETURN_IF_ERROR(WriteAndFlush());
    }
    return Status::Ok();
  }

 private:
  struct Peer {
    int fd = -1;
    Buffer buffer;
    size_t filled = 0;
  };
  size_t open_peers() const {
    return static_cast<size_t>(
        std::count_if(peers_.begin(), peers_.end(), [](const Peer& p) { return p.fd >= 0; }));
  }

  // Reads what has arrived; waits only when no object is complete.
  Status ReceiveSome() {
    while (true) {
      std::vector<pollfd> polls;
      bool complete = false;
      for (const Peer& peer : peers_) {
        const bool full = peer.filled == options_.object_bytes;
        complete = complete || full;
        polls.push_back({full ? -1 : peer.fd, POLLIN, 0});
      }
      const int ready = poll(polls.data(), polls.size(), complete ? 0 : -1);
      if (ready < 0 && errno != EINTR) return Status::FromErrno(errno, "poll");
      if (ready == 0) return Status::Ok();
      for (size_t i = 0; i < peers_.size(); ++i) {
        if (polls[i].revents != 0) ReceiveFrom(&peers_[i]);
      }
      if (open_peers() == 0) return Status::Ok();
    }
  }

  void ReceiveFrom(Peer* peer) {
    const ssize_t got =
        recv(peer->fd, peer->buffer.get() + peer->filled, options_.object_bytes - peer->filled, 0);
    if (got > 0) {
      peer->filled += static_cast<size_t>(got);
    } else if (got == 0 || errno != EAGAIN) {
      close(peer->fd);
      peer->fd = -1;
      peer->filled = 0;
    }
  }

  Status WriteAndFlush() {
    unsigned in_flight = 0;
    for (Peer& peer : peers_) {
      if (peer.filled != options_.object_bytes) continue;
      io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
      ARGENT_CHECK(sqe != nullptr);
      io_uring_prep_write(sqe, file_, peer.buffer.get(), static_cast<unsigned>(options_.object_bytes),
                          offset_);
      offset_ = offset_ + 2 * options_.object_bytes > file_bytes_ ? 0 : offset_ + options_.object_bytes;
      ++in_flight;
    }
    if (in_flight == 0) return Status::Ok();
    io_uring_submit(&ring_);
    for (; in_flight > 0; --in_flight) {
      io_uring_cqe* cqe = nullptr;
      if (const int error = io_uring_wait_cqe(&ring_, &cqe); error < 0)
        return Status::FromErrno(-error, "io_uring_wait_cqe");
      if (cqe->res != static_cast<int>(options_.object_bytes))
        return Status::IoError("a write was short or failed");
      io_uring_cqe_seen(&ring_, cqe);
    }
    if (fdatasync(file_) != 0) return Status::FromErrno(errno, "fdatasync");
    for (Peer& peer : peers_) {
      if (peer.filled != options_.object_bytes) continue;
      peer.filled = 0;
      const uint8_t answer = 1;
      SendAll(peer.fd, &answer, 1);
    }
    return Status::Ok();
  }

  const int file_;
  const size_t file_bytes_;
  const Options& options_;
  io_uring ring_{};
  bool ring_ready_ = false;
  std::vector<Peer> peers_;
  uint64_t offset_ = 0;
};

Result<int> Listen(uint16_t* port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, generic, length) != 0 || listen(fd, 128) != 0 || getsockname(fd, generic, &length) != 0) {
    return Status::FromErrno(errno, "listen");
  }
  *port = ntohs(address.sin_port);
  return fd;
}

Status Measure(const Options& options) {
  const size_t wanted = options.megabytes * 1000000;
  const size_t count =
      std::max<size_t>(1, wanted / options.object_bytes / static_cast<size_t>(options.senders));
  const size_t file_bytes = std::max(std::min(wanted, kFileBytesMax) / kAlignment * kAlignment,
                                     options.object_bytes * static_cast<size_t>(options.senders) * 2);
  ARGENT_ASSIGN_OR_RETURN(const int file, OpenPrewritten(options.file, file_bytes));
  uint16_t port = 0;
  ARGENT_ASSIGN_OR_RETURN(const int listener, Listen(&port));
  std::vector<WorkerReport> reports(static_cast<size_t>(options.senders));
  std::vector<std::thread> threads;
  const auto start = SteadyClock::now();
  for (WorkerReport& report : reports)
    threads.emplace_back(RunSender, port, options.object_bytes, count, &report);
  Receiver receiver(file, file_bytes, options);
  const Status status = receiver.Run(listener);
  for (std::thread& thread : threads) thread.join();
  RunReport total;
  total.seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
  for (const WorkerReport& report : reports) total.total.Merge(report);
  total.Finish();
  close(listener);
  close(file);
  unlink(options.file.c_str());
  fmt::print("{}\n", total.ToJson());
  return status;
}

}  // namespace
}  // namespace argent::bench

int main(int argc, char** argv) {
  argent::bench::Options options;
  CLI::App app{"What loopback, O_DIRECT writes and flushes can do here"};
  app.add_option("--file", options.file, "a file on the disk to measure; made and removed")->required();
  app.add_option("--senders", options.senders)->capture_default_str()->check(CLI::Range(1, 256));
  app.add_option("--object-bytes", options.object_bytes, "a multiple of 4096")
      ->capture_default_str()
      ->check(CLI::Range(4096, 64 << 20));
  app.add_option("--megabytes", options.megabytes, "to send in all")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  options.object_bytes = options.object_bytes / argent::bench::kAlignment * argent::bench::kAlignment;
  const argent::Status status = argent::bench::Measure(options);
  if (!status.ok()) fmt::print(stderr, "argent_limit: {}\n", status.ToString());
  return status.ok() ? 0 : 1;
}
