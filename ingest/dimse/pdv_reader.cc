#include "ingest/dimse/pdv_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace argent::ingest {
namespace {

constexpr uint8_t kUnrecognizedPdu = 1;
constexpr uint8_t kUnexpectedPdu = 2;
constexpr uint8_t kInvalidPduParameterValue = 6;

// A-RELEASE and A-ABORT have 4 bytes of body; more than a few is not one of them.
constexpr uint32_t kSmallPduBytesMax = 64;

uint32_t PduLength(const uint8_t* header) { return LoadBe32(header + 2); }

}  // namespace

void PdvReader::Compact() {
  std::memmove(buffer_.data(), front(), buffered());
  end_ -= begin_;
  begin_ = 0;
}

Status PdvReader::Need(size_t bytes) {
  if (buffered() >= bytes) return Status::Ok();
  Compact();
  while (end_ < bytes) {
    iovec space{buffer_.data() + end_, kBufferBytes - end_};
    ARGENT_ASSIGN_OR_RETURN(const size_t count, socket_->Read({&space, 1}));
    end_ += count;
  }
  return Status::Ok();
}

Result<PdvReader::Event> PdvReader::Next() {
  ARGENT_CHECK(fragment_.bytes_left == 0);
  return pdu_left_ == 0 ? NextPdu() : NextPdv();
}

Result<PdvReader::Event> PdvReader::NextPdu() {
  ARGENT_RETURN_IF_ERROR(Need(kPduHeaderBytes));
  const auto type = static_cast<PduType>(*front());
  const uint32_t length = PduLength(front());
  begin_ += kPduHeaderBytes;
  switch (type) {
    case PduType::kDataTf:
      if (length < kPdvHeaderBytes || length > kPduBytesMax) {
        return Violation(kInvalidPduParameterValue, fmt::format("P-DATA-TF of {} bytes", length));
      }
      pdu_left_ = length;
      return NextPdv();
    case PduType::kReleaseRq:
    case PduType::kReleaseRp:
    case PduType::kAbort:
      return TakeSmallPdu(type, length);
    case PduType::kAssociateRq:
    case PduType::kAssociateAc:
    case PduType::kAssociateRj:
      return Violation(kUnexpectedPdu,
                       fmt::format("PDU of type {} within an association", static_cast<int>(type)));
  }
  return Violation(kUnrecognizedPdu, fmt::format("PDU of unknown type {}", static_cast<int>(type)));
}

Result<PdvReader::Event> PdvReader::TakeSmallPdu(PduType type, uint32_t length) {
  if (length > kSmallPduBytesMax) {
    return Violation(kInvalidPduParameterValue,
                     fmt::format("PDU of type {} with {} bytes", static_cast<int>(type), length));
  }
  ARGENT_RETURN_IF_ERROR(Need(length));
  if (type == PduType::kAbort) detail_.abort = DecodeAbort({front(), length});
  begin_ += length;
  if (type == PduType::kAbort) return Event::kAbort;
  return type == PduType::kReleaseRq ? Event::kReleaseRequest : Event::kReleaseResponse;
}

Result<PdvReader::Event> PdvReader::NextPdv() {
  if (pdu_left_ < kPdvHeaderBytes) {
    return Violation(kInvalidPduParameterValue, "P-DATA-TF ends inside the header of a PDV");
  }
  ARGENT_RETURN_IF_ERROR(Need(kPdvHeaderBytes));
  const uint32_t length = LoadBe32(front());
  if (length < 2 || length > pdu_left_ - 4) {
    return Violation(kInvalidPduParameterValue,
                     fmt::format("PDV of {} bytes in a P-DATA-TF with {} left", length, pdu_left_));
  }
  fragment_.context_id = front()[4];
  fragment_.is_command = (front()[5] & 1) != 0;
  fragment_.is_last = (front()[5] & 2) != 0;
  fragment_.bytes_left = length - 2;
  begin_ += kPdvHeaderBytes;
  pdu_left_ -= static_cast<uint32_t>(kPdvHeaderBytes);
  return Event::kFragment;
}

PdvReader::Event PdvReader::Violation(uint8_t reason, std::string text) {
  detail_.violation_reason = reason;
  detail_.violation = std::move(text);
  return Event::kViolation;
}

Result<size_t> PdvReader::Read(MutableByteView out) {
  const size_t wanted = std::min<size_t>(out.size(), fragment_.bytes_left);
  ARGENT_CHECK(wanted > 0);
  size_t taken = 0;
  if (buffered() > 0) {
    taken = std::min(wanted, buffered());
    std::memcpy(out.data(), front(), taken);
    begin_ += taken;
  } else {
    // Within a Data Set only the next two headers are read ahead, so that its payload is not copied through
    // the buffer; behind its last fragment comes a command, which belongs there anyway.
    const bool ends_pdu = wanted == pdu_left_;
    const size_t ahead = !ends_pdu ? 0 : fragment_.is_last ? kBufferBytes : kPduHeaderBytes + kPdvHeaderBytes;
    iovec buffers[2] = {{out.data(), wanted}, {buffer_.data(), ahead}};
    ARGENT_ASSIGN_OR_RETURN(const size_t count, socket_->Read({buffers, ahead == 0 ? size_t{1} : size_t{2}}));
    taken = std::min(count, wanted);
    begin_ = 0;
    end_ = count - taken;
  }
  fragment_.bytes_left -= static_cast<uint32_t>(taken);
  pdu_left_ -= static_cast<uint32_t>(taken);
  return taken;
}

Result<bool> PdvReader::HasWholePdu() {
  if (pdu_left_ != 0) return true;
  Compact();
  if (end_ < kBufferBytes) {
    ARGENT_ASSIGN_OR_RETURN(const size_t count,
                            socket_->ReadAvailable(MutableByteView(buffer_).subspan(end_)));
    end_ += count;
  }
  if (buffered() < kPduHeaderBytes) return false;
  return end_ == kBufferBytes || buffered() - kPduHeaderBytes >= PduLength(front());
}

}  // namespace argent::ingest
