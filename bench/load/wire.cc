#include "bench/load/wire.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

namespace argent::bench {
namespace {

constexpr uint8_t kAssociateRq = 1;
constexpr uint8_t kAssociateAc = 2;
constexpr uint8_t kAssociateRj = 3;
constexpr uint8_t kDataTf = 4;
constexpr uint8_t kReleaseRq = 5;
constexpr uint8_t kAbort = 7;
constexpr size_t kPduHeaderBytes = 6;
constexpr size_t kPdvHeaderBytes = 6;               // length, Presentation Context ID, message control header
constexpr uint32_t kPduBytesMax = 4 * 1024 * 1024;  // of a peer that behaves
constexpr size_t kMessageBytesMax = 16 * 1024 * 1024;
constexpr size_t kIovecsPerWrite = 512;  // below IOV_MAX (1024)
constexpr size_t kReadAheadBytes = 64 * 1024;

// An item or sub-item of an A-ASSOCIATE PDU: type, reserved, u16 length, content.
std::string Item(uint8_t type, std::string_view content) {
  std::string out;
  out.push_back(static_cast<char>(type));
  out.push_back('\0');
  out.push_back(static_cast<char>(content.size() >> 8));
  out.push_back(static_cast<char>(content.size() & 0xFF));
  out.append(content);
  return out;
}

std::string BigEndian32(uint32_t value) {
  uint8_t bytes[4];
  StoreBe32(bytes, value);
  return {reinterpret_cast<char*>(bytes), 4};
}

std::string PaddedAeTitle(std::string_view title) {
  std::string out(title.substr(0, 16));
  out.resize(16, ' ');
  return out;
}

// An element of a command set.
void AppendElement(uint16_t element, std::string_view value, std::string* out) {
  ByteWriter writer(out);
  writer.U16(0x0000);
  writer.U16(element);
  writer.U32(static_cast<uint32_t>(value.size()));
  out->append(value);
}

void AppendUs(uint16_t element, uint16_t value, std::string* out) {
  uint8_t bytes[2];
  StoreLe16(bytes, value);
  AppendElement(element, {reinterpret_cast<char*>(bytes), 2}, out);
}

void AppendUid(uint16_t element, std::string_view uid, std::string* out) {
  std::string padded(uid);
  if (padded.size() % 2 != 0) padded.push_back('\0');
  AppendElement(element, padded, out);
}

std::string WithGroupLength(const std::string& elements) {
  uint8_t length[4];
  StoreLe32(length, static_cast<uint32_t>(elements.size()));
  std::string out;
  AppendElement(0x0000, {reinterpret_cast<char*>(length), 4}, &out);
  return out + elements;
}

std::string Trimmed(std::string_view value) {
  while (!value.empty() && (value.back() == '\0' || value.back() == ' ')) value.remove_suffix(1);
  return std::string(value);
}

void ReadResponseElement(uint16_t element, ByteView value, Response* response) {
  const bool is_us = value.size() == 2;
  if (element == 0x0120 && is_us) response->message_id = LoadLe16(value.data());
  if (element == 0x0800 && is_us) response->has_data_set = LoadLe16(value.data()) != 0x0101;
  if (element == 0x0900 && is_us) response->status = LoadLe16(value.data());
  if (element == 0x0902) response->error_comment = Trimmed(AsText(value));
  if (element == 0x1000) response->sop_instance_uid = Trimmed(AsText(value));
}

Result<Response> ParseResponse(ByteView command) {
  Response response;
  ByteReader reader(command);
  while (reader.remaining() >= 8) {
    const uint16_t group = reader.U16();
    const uint16_t element = reader.U16();
    const ByteView value = reader.Bytes(reader.U32());
    if (!reader.ok() || group != 0) return Status::InvalidArgument("malformed command set in a response");
    ReadResponseElement(element, value, &response);
  }
  return response;
}

Result<int> Connect(const Peer& peer) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(peer.port);
  if (getaddrinfo(peer.host.c_str(), port.c_str(), &hints, &found) != 0) {
    return Status::IoError(fmt::format("no such host: {}", peer.host));
  }
  int fd = -1;
  int error = ECONNREFUSED;
  for (addrinfo* a = found; a != nullptr && fd < 0; a = a->ai_next) {
    const int candidate = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (candidate < 0) continue;
    if (connect(candidate, a->ai_addr, a->ai_addrlen) == 0) {
      fd = candidate;
    } else {
      error = errno;
      close(candidate);
    }
  }
  freeaddrinfo(found);
  if (fd < 0) return Status::FromErrno(error, fmt::format("connect {}:{}", peer.host, peer.port));
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const timeval patience{peer.timeout_seconds, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return fd;
}

// Writes every byte of `parts`, which it consumes.
Status WriteAll(int fd, std::span<iovec> parts) {
  while (!parts.empty()) {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = std::min(parts.size(), kIovecsPerWrite);
    ssize_t written = sendmsg(fd, &message, MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Status::FromErrno(errno, "send");
    while (!parts.empty() && static_cast<size_t>(written) >= parts[0].iov_len) {
      written -= static_cast<ssize_t>(parts[0].iov_len);
      parts = parts.subspan(1);
    }
    if (written > 0) {
      parts[0].iov_base = static_cast<uint8_t*>(parts[0].iov_base) + written;
      parts[0].iov_len -= static_cast<size_t>(written);
    }
  }
  return Status::Ok();
}

Status WriteText(int fd, std::string text) {
  iovec part{text.data(), text.size()};
  return WriteAll(fd, {&part, 1});
}

std::string Pdu(uint8_t type, std::string_view body) {
  std::string out;
  out.push_back(static_cast<char>(type));
  out.push_back('\0');
  return out + BigEndian32(static_cast<uint32_t>(body.size())) + std::string(body);
}

}  // namespace

Connection::~Connection() { Close(); }

Status Connection::Open(const Peer& peer, std::string_view abstract_syntax,
                        std::string_view transfer_syntax) {
  ARGENT_ASSIGN_OR_RETURN(fd_, Connect(peer));
  input_.resize(kReadAheadBytes);
  input_begin_ = input_end_ = 0;
  pdu_.clear();
  pdu_position_ = 0;
  pdv_bytes_max_ = peer.pdu_bytes_max;
  ARGENT_RETURN_IF_ERROR(SendAssociateRequest(peer, abstract_syntax, transfer_syntax));
  return ReceiveAssociateAccept();
}

Status Connection::SendAssociateRequest(const Peer& peer, std::string_view abstract_syntax,
                                        std::string_view transfer_syntax) {
  std::string body("\0\1\0\0", 4);  // protocol version 1
  body += PaddedAeTitle(peer.called_ae_title) + PaddedAeTitle(peer.calling_ae_title) + std::string(32, '\0');
  body += Item(0x10, "1.2.840.10008.3.1.1.1");
  body += Item(0x20, std::string("\1\0\0\0", 4) + Item(0x30, abstract_syntax) + Item(0x40, transfer_syntax));
  body += Item(0x50, Item(0x51, BigEndian32(peer.pdu_bytes_max)) +
                         Item(0x52, "2.25.232132343837435434143821237474837282") + Item(0x55, "ARGENT_LOAD"));
  return WriteText(fd_, Pdu(kAssociateRq, body));
}

Status Connection::ReceiveAssociateAccept() {
  uint8_t type = 0;
  ARGENT_RETURN_IF_ERROR(ReadPdu(&type));
  if (type == kAssociateRj) return Status::Unsupported("the peer rejected the Association");
  if (type != kAssociateAc)
    return Status::Unsupported(fmt::format("PDU type {} instead of A-ASSOCIATE-AC", type));
  bool accepted = false;
  constexpr size_t kFixedBytes = 68;
  for (size_t at = kFixedBytes; at + 4 <= pdu_.size();) {
    const size_t length = LoadBe16(&pdu_[at + 2]);
    if (at + 4 + length > pdu_.size()) break;
    if (pdu_[at] == 0x21 && length >= 4) accepted = pdu_[at + 6] == 0;
    if (pdu_[at] == 0x50) {  // User Information: step inside to find the Maximum Length
      at += 4;
      continue;
    }
    if (pdu_[at] == 0x51 && length == 4) {
      const uint32_t offered = LoadBe32(&pdu_[at + 4]);
      if (offered != 0) pdv_bytes_max_ = std::min(pdv_bytes_max_, offered);
    }
    at += 4 + length;
  }
  pdu_position_ = pdu_.size();
  if (!accepted) return Status::Unsupported("the peer refused the Presentation Context");
  if (pdv_bytes_max_ <= kPdvHeaderBytes) return Status::Unsupported("the peer's Maximum Length is too small");
  pdv_bytes_max_ = (pdv_bytes_max_ - static_cast<uint32_t>(kPdvHeaderBytes)) & ~1u;
  return Status::Ok();
}

Status Connection::Send(ByteView command, ByteView data_set) {
  const size_t pdv_count = 1 + (data_set.size() + pdv_bytes_max_ - 1) / pdv_bytes_max_;
  headers_.resize(pdv_count * (kPduHeaderBytes + kPdvHeaderBytes));
  std::vector<iovec> parts;
  parts.reserve(2 * pdv_count);
  uint8_t* header = headers_.data();
  auto add = [&](ByteView bytes, uint8_t control) {
    header[0] = kDataTf;
    header[1] = 0;
    StoreBe32(header + 2, static_cast<uint32_t>(bytes.size() + kPdvHeaderBytes));
    StoreBe32(header + 6, static_cast<uint32_t>(bytes.size() + 2));
    header[10] = 1;
    header[11] = control;
    parts.push_back({header, kPduHeaderBytes + kPdvHeaderBytes});
    parts.push_back({const_cast<uint8_t*>(bytes.data()), bytes.size()});
    header += kPduHeaderBytes + kPdvHeaderBytes;
  };
  add(command, 3);
  for (size_t at = 0; at < data_set.size(); at += pdv_bytes_max_) {
    const size_t bytes = std::min<size_t>(pdv_bytes_max_, data_set.size() - at);
    add(data_set.subspan(at, bytes), at + bytes == data_set.size() ? 2 : 0);
  }
  return WriteAll(fd_, parts);
}

Result<Response> Connection::Receive() {
  std::string message;
  ARGENT_RETURN_IF_ERROR(ReceiveMessage(true, &message));
  ARGENT_ASSIGN_OR_RETURN(Response response, ParseResponse(AsBytes(message)));
  if (response.has_data_set) ARGENT_RETURN_IF_ERROR(ReceiveMessage(false, &message));
  return response;
}

// Collects the fragments of one command set or Data Set.
Status Connection::ReceiveMessage(bool command, std::string* out) {
  out->clear();
  while (true) {
    if (pdu_position_ >= pdu_.size()) {
      uint8_t type = 0;
      ARGENT_RETURN_IF_ERROR(ReadPdu(&type));
      if (type == kAbort) return Status::Aborted("the peer aborted the Association");
      if (type != kDataTf) return Status::IoError(fmt::format("unexpected PDU type {}", type));
    }
    if (pdu_.size() - pdu_position_ < kPdvHeaderBytes) return Status::InvalidArgument("truncated PDV");
    const uint32_t length = LoadBe32(&pdu_[pdu_position_]);
    if (length < 2 || length > pdu_.size() - pdu_position_ - 4)
      return Status::InvalidArgument("wrong PDV length");
    const uint8_t control = pdu_[pdu_position_ + 5];
    if (((control & 1) != 0) != command) return Status::InvalidArgument("command and Data Set are mixed up");
    out->append(reinterpret_cast<const char*>(&pdu_[pdu_position_]) + kPdvHeaderBytes, length - 2);
    pdu_position_ += 4 + length;
    if (out->size() > kMessageBytesMax) return Status::InvalidArgument("response too large");
    if ((control & 2) != 0) return Status::Ok();
  }
}

Status Connection::ReadPdu(uint8_t* type) {
  uint8_t header[kPduHeaderBytes];
  ARGENT_RETURN_IF_ERROR(ReadExactly(header));
  *type = header[0];
  const uint32_t length = LoadBe32(header + 2);
  if (length > kPduBytesMax) return Status::InvalidArgument(fmt::format("a PDU of {} bytes", length));
  pdu_.resize(length);
  pdu_position_ = 0;
  return ReadExactly(pdu_);
}

Status Connection::ReadExactly(MutableByteView out) {
  size_t done = 0;
  while (done < out.size()) {
    if (input_begin_ == input_end_) ARGENT_RETURN_IF_ERROR(FillInput());
    const size_t bytes = std::min(out.size() - done, input_end_ - input_begin_);
    std::copy_n(&input_[input_begin_], bytes, out.begin() + static_cast<ptrdiff_t>(done));
    input_begin_ += bytes;
    done += bytes;
  }
  return Status::Ok();
}

Status Connection::FillInput() {
  while (true) {
    const ssize_t got = recv(fd_, input_.data(), input_.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Status::FromErrno(errno, "receive");
    if (got == 0) return Status::IoError("the peer closed the connection");
    input_begin_ = 0;
    input_end_ = static_cast<size_t>(got);
    return Status::Ok();
  }
}

void Connection::Close() {
  if (fd_ < 0) return;
  if (WriteText(fd_, Pdu(kReleaseRq, std::string(4, '\0'))).ok()) {
    uint8_t type = 0;
    ReadPdu(&type).IgnoreError("the Association ends here either way");
  }
  close(fd_);
  fd_ = -1;
}

std::string StoreRequestCommand(uint16_t message_id, std::string_view sop_class_uid,
                                std::string_view sop_instance_uid) {
  std::string out;
  AppendUid(0x0002, sop_class_uid, &out);
  AppendUs(0x0100, 0x0001, &out);
  AppendUs(0x0110, message_id, &out);
  AppendUs(0x0700, 0x0000, &out);
  AppendUs(0x0800, 0x0000, &out);
  AppendUid(0x1000, sop_instance_uid, &out);
  return WithGroupLength(out);
}

std::string FindRequestCommand(uint16_t message_id, std::string_view sop_class_uid) {
  std::string out;
  AppendUid(0x0002, sop_class_uid, &out);
  AppendUs(0x0100, 0x0020, &out);
  AppendUs(0x0110, message_id, &out);
  AppendUs(0x0700, 0x0000, &out);
  AppendUs(0x0800, 0x0000, &out);
  return WithGroupLength(out);
}

}  // namespace argent::bench
