// Sends one DIMSE message as P-DATA-TF PDUs (PS3.8 Annex E) without copying it: header and payload of many
// PDUs leave in one sendmsg, the Command Set together with the first of the Data Set. One message each; one
// thread.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>

#include "ingest/dimse/pdu.h"
#include "ingest/dimse/socket.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::ingest {

class MessageWriter {
 public:
  // At least `fragment_bytes_max` >= 2 bytes of payload fit in the peer's PDU. `socket` must outlive the
  // writer.
  MessageWriter(Socket* socket, uint8_t context_id, size_t fragment_bytes_max);
  MessageWriter(const MessageWriter&) = delete;
  MessageWriter& operator=(const MessageWriter&) = delete;

  // Each view must stay good until Flush(). A failure of any call leaves the message cut.
  Status AddCommand(ByteView command) { return AddWhole(true, command); }
  // The whole Data Set.
  Status AddDataSet(ByteView data_set) { return AddWhole(false, data_set); }
  Status Flush();

  // A Data Set in pieces, sent before the call returns but for the last one or two bytes: what is last is
  // known only at the end, and an empty fragment there is more than some peers understand. Then
  // FinishPieces().
  Status SendPiece(ByteView piece);
  Status FinishPieces();

 private:
  static constexpr size_t kQueuedFragmentsMax = 32;

  Status AddWhole(bool is_command, ByteView bytes);
  Status AddFragment(bool is_command, bool is_last, ByteView first, ByteView second = {});
  void AddBuffer(const void* bytes, size_t size);

  Socket* const socket_;
  const uint8_t context_id_;
  const size_t fragment_bytes_max_;

  std::array<uint8_t[kPduHeaderBytes + kPdvHeaderBytes], kQueuedFragmentsMax> headers_;
  std::array<iovec, kQueuedFragmentsMax * 3> buffers_;
  size_t header_count_ = 0;
  size_t buffer_count_ = 0;
  uint8_t kept_[2] = {};  // the end of the pieces so far
  size_t kept_bytes_ = 0;
};

}  // namespace argent::ingest
