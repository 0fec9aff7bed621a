#include "ingest/dimse/message_writer.h"

#include <algorithm>
#include <cstring>

namespace argent::ingest {

MessageWriter::MessageWriter(Socket* socket, uint8_t context_id, size_t fragment_bytes_max)
    : socket_(socket), context_id_(context_id), fragment_bytes_max_(fragment_bytes_max & ~size_t{1}) {
  ARGENT_CHECK(fragment_bytes_max_ >= 2);
}

Status MessageWriter::AddWhole(bool is_command, ByteView bytes) {
  do {
    const size_t count = std::min(bytes.size(), fragment_bytes_max_);
    ARGENT_RETURN_IF_ERROR(AddFragment(is_command, count == bytes.size(), bytes.first(count)));
    bytes = bytes.subspan(count);
  } while (!bytes.empty());
  return Status::Ok();
}

Status MessageWriter::SendPiece(ByteView piece) {
  const size_t total = kept_bytes_ + piece.size();
  // Fragments but the last have an even length (PS3.8 E.1).
  const size_t keep = total % 2 == 1 ? 1 : std::min<size_t>(total, 2);
  size_t to_send = total - keep;
  ByteView rest = piece;
  ByteView kept(kept_, kept_bytes_);
  while (to_send > 0) {
    const size_t count = std::min(to_send, fragment_bytes_max_);
    const ByteView first = kept.first(std::min(kept.size(), count));
    const ByteView second = rest.first(count - first.size());
    ARGENT_RETURN_IF_ERROR(AddFragment(false, false, first, second));
    kept = kept.subspan(first.size());
    rest = rest.subspan(second.size());
    to_send -= count;
  }
  ARGENT_RETURN_IF_ERROR(Flush());
  // What stays is in `kept` (when nothing was sent) and in `rest`.
  uint8_t stays[2] = {};
  size_t stays_bytes = 0;
  for (const uint8_t byte : kept) stays[stays_bytes++] = byte;
  for (const uint8_t byte : rest) stays[stays_bytes++] = byte;
  std::memcpy(kept_, stays, sizeof kept_);
  kept_bytes_ = stays_bytes;
  return Status::Ok();
}

Status MessageWriter::FinishPieces() {
  ARGENT_RETURN_IF_ERROR(AddFragment(false, true, ByteView(kept_, kept_bytes_)));
  return Flush();
}

Status MessageWriter::AddFragment(bool is_command, bool is_last, ByteView first, ByteView second) {
  if (header_count_ == kQueuedFragmentsMax) ARGENT_RETURN_IF_ERROR(Flush());
  auto& header = headers_[header_count_++];
  EncodeDataHeader(context_id_, is_command, is_last, static_cast<uint32_t>(first.size() + second.size()),
                   header);
  AddBuffer(header, sizeof header);
  AddBuffer(first.data(), first.size());
  AddBuffer(second.data(), second.size());
  return Status::Ok();
}

void MessageWriter::AddBuffer(const void* bytes, size_t size) {
  if (size != 0) buffers_[buffer_count_++] = {const_cast<void*>(bytes), size};  // sendmsg only reads it
}

Status MessageWriter::Flush() {
  const Status written = socket_->WriteAll({buffers_.data(), buffer_count_});
  header_count_ = 0;
  buffer_count_ = 0;
  return written;
}

}  // namespace argent::ingest
