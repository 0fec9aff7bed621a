// Conversion of a whole Data Set among the uncompressed Transfer Syntaxes: Implicit VR LE, Explicit VR LE,
// Explicit VR BE and Deflated. Streams: memory does not grow with the Data Set. Values keep their bits; words
// are swapped by VR.
#pragma once

#include <functional>
#include <memory>

#include "codec/transfer_syntax.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::codec {

// True when both are uncompressed (deflated included): PS3.5 A.1–A.3, A.5.
bool CanTranscode(std::string_view from_uid, std::string_view to_uid);

class Transcoder {
 public:
  // Receives converted bytes in order; its error stops the conversion and is returned by Feed()/Finish().
  using Sink = std::function<Status(ByteView)>;
  // kUnsupported when !CanTranscode(from, to).
  static Result<std::unique_ptr<Transcoder>> Create(std::string_view from_uid, std::string_view to_uid,
                                                    Sink sink);
  virtual ~Transcoder() = default;
  virtual Status Feed(ByteView bytes) = 0;
  virtual Status Finish() = 0;
};

}  // namespace argent::codec
