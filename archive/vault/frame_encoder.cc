#include "archive/vault/frame_encoder.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "codec/frame/plain_bytes.h"

namespace argent::archive {

namespace {
constexpr int kZstdLevel = 3;
constexpr int kNice = 19;

// Into the wanted codec, proven; the reason when it stays outside.
codec::KeepReason EncodeProven(codec::FrameCodec* codec, FrameJob* job, std::string* decoded) {
  const codec::PixelFormat& pixels = job->frame.format.pixels;
  Status encoded = codec->Encode(pixels, AsBytes(job->cells), &job->codestream);
  if (encoded.code() == StatusCode::kUnsupported) return codec::KeepReason::kUnusedBits;
  if (!encoded.ok()) return codec::KeepReason::kEncoderFailed;
  if (job->codestream.size() >= job->cells.size()) return codec::KeepReason::kNotSmaller;
  decoded->resize(job->cells.size());
  Status proof = codec->Decode(pixels, AsBytes(job->codestream),
                               {reinterpret_cast<uint8_t*>(decoded->data()), decoded->size()});
  return proof.ok() && *decoded == job->cells ? codec::KeepReason::kNone : codec::KeepReason::kNotEqual;
}

// As it is, or in zstd where that gains something.
void KeepBytes(FrameJob* job, std::string* decoded) {
  job->frame.codec = kZstdCodec;
  decoded->resize(job->cells.size());
  const bool gains = codec::CompressBytes(AsBytes(job->cells), kZstdLevel, &job->codestream).ok() &&
                     job->codestream.size() < job->cells.size() / 20 * 19;
  if (gains && DecodeZstd(AsBytes(job->codestream), decoded).ok() && *decoded == job->cells) return;
  job->frame.codec = codec::FrameCodecKind::kNone;
  job->codestream = job->cells;
}

void Encode(codec::FrameCodec* codec, FrameJob* job, std::string* decoded) {
  if (!job->frame.format.is_plain() && codec->kind() != codec::FrameCodecKind::kNone) {
    job->reason = EncodeProven(codec, job, decoded);
    job->frame.codec = codec->kind();
    if (job->reason == codec::KeepReason::kNone) return;
  }
  KeepBytes(job, decoded);
}
}  // namespace

Status DecodeZstd(ByteView bytes, std::string* out) {
  return codec::DecompressBytes(bytes, {reinterpret_cast<uint8_t*>(out->data()), out->size()});
}

FrameEncoder::FrameEncoder(codec::FrameCodecKind codec, int threads) : codec_(codec) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

FrameEncoder::~FrameEncoder() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  work_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

void FrameEncoder::Submit(FrameJob* job) {
  {
    MutexLock lock(&mutex_);
    queue_.push_back(job);
  }
  work_.NotifyOne();
}

void FrameEncoder::Wait(FrameJob* job) {
  MutexLock lock(&mutex_);
  while (!job->done) finished_.Wait(&mutex_);
}

void FrameEncoder::Run() {
  // On Linux a nice value belongs to the thread.
  if (setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice) != 0) errno = 0;
  auto codec = codec::MakeFrameCodec(codec_);
  std::string decoded;
  while (true) {
    FrameJob* job = nullptr;
    {
      MutexLock lock(&mutex_);
      while (queue_.empty() && !stopping_) work_.Wait(&mutex_);
      if (stopping_) return;
      job = queue_.front();
      queue_.pop_front();
    }
    if (codec.ok()) {
      Encode(codec->get(), job, &decoded);
    } else {
      job->status = codec.status();
    }
    {
      MutexLock lock(&mutex_);
      job->done = true;
    }
    finished_.NotifyAll();
  }
}

}  // namespace argent::archive
