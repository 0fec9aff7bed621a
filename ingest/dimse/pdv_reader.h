// Splits the bytes of an association into what the acceptor and requestor act on: fragments (PDVs) of
// P-DATA-TF, releases, aborts. No PDU is ever held whole: the payload of a fragment is read from the socket
// straight into the caller's buffer, by one readv that also takes the headers of the next PDU. Reads ahead 4
// KiB at most. One thread.
#pragma once

#include <array>
#include <cstdint>

#include "ingest/dimse/pdu.h"
#include "ingest/dimse/socket.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::ingest {

class PdvReader {
 public:
  enum class Event { kFragment, kReleaseRequest, kReleaseResponse, kAbort, kViolation };

  struct Fragment {
    uint8_t context_id = 0;
    bool is_command = false;
    bool is_last = false;
    uint32_t bytes_left = 0;
  };

  // What kAbort and kViolation come with.
  struct Detail {
    AbortFields abort;             // as received
    uint8_t violation_reason = 0;  // PS3.8 Table 9-26, to send
    std::string violation;
  };

  // `socket` must outlive the reader.
  explicit PdvReader(Socket* socket) : socket_(socket) {}

  // Turns to the next event; what is left of the fragment before must have been read. Fails as
  // Socket::Read().
  Result<Event> Next();
  const Fragment& fragment() const { return fragment_; }
  const Detail& detail() const { return detail_; }
  // At least one byte of the current fragment, whose bytes_left is not 0.
  Result<size_t> Read(MutableByteView out);

  bool has_buffered() const { return begin_ != end_ || pdu_left_ != 0; }
  // Takes what has arrived; whether Next() and the reading of its fragment will not wait: a whole PDU is
  // there, or more of one than fits.
  Result<bool> HasWholePdu();

 private:
  static constexpr size_t kBufferBytes = 4096;

  size_t buffered() const { return end_ - begin_; }
  const uint8_t* front() const { return buffer_.data() + begin_; }
  void Compact();
  Status Need(size_t bytes);
  Result<Event> NextPdu();
  Result<Event> TakeSmallPdu(PduType type, uint32_t length);
  Result<Event> NextPdv();
  Event Violation(uint8_t reason, std::string text);

  Socket* const socket_;
  std::array<uint8_t, kBufferBytes> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  uint32_t pdu_left_ = 0;  // of the current P-DATA-TF, the fragment's bytes included
  Fragment fragment_;
  Detail detail_;
};

}  // namespace argent::ingest
