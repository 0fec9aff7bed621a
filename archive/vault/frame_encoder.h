// Encodes frames on a pool of threads and proves each before it counts: encode, decode, compare every bit.
// What does not come back exactly, or does not get smaller, is kept as it is, and the reason is counted.
//
// The threads yield to everything else (nice 19): ingest and retrieval come first.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "archive/vault/frame_pack.h"
#include "codec/frame/safe_subset.h"
#include "storage/base/mutex.h"

namespace argent::archive {

// Plain bytes, or cells that the frame codec could not take, in one zstd frame. A codec of the vault only:
// its number follows none of codec/frame/.
inline constexpr codec::FrameCodecKind kZstdCodec = static_cast<codec::FrameCodecKind>(200);
// kCorruption when the bytes do not decompress to exactly out->size().
Status DecodeZstd(ByteView bytes, std::string* out);

struct FrameJob {
  // In.
  std::string cells;
  StoredFrame frame;  // format; then codec
  // Out, once done.
  std::string codestream;
  codec::KeepReason reason = codec::KeepReason::kNone;  // why it is not in the wanted codec
  Status status;      // a failure that is no reason to keep: out of memory …
  bool done = false;  // guarded by the encoder's mutex
};

class FrameEncoder {
 public:
  FrameEncoder(codec::FrameCodecKind codec, int threads);
  ~FrameEncoder();
  FrameEncoder(const FrameEncoder&) = delete;
  FrameEncoder& operator=(const FrameEncoder&) = delete;

  // `job` must stay until Wait() for it has returned, or the encoder is gone.
  void Submit(FrameJob* job) ARGENT_EXCLUDES(mutex_);
  void Wait(FrameJob* job) ARGENT_EXCLUDES(mutex_);

 private:
  void Run();

  const codec::FrameCodecKind codec_;
  Mutex mutex_;
  CondVar work_;
  CondVar finished_;
  std::deque<FrameJob*> queue_ ARGENT_GUARDED_BY(mutex_);
  bool stopping_ ARGENT_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace argent::archive
