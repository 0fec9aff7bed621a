// Just enough of the DICOM Upper Layer (PS3.8) and of the DIMSE command sets (PS3.7) to send requests as fast
// as a peer takes them.
//
// A load generator must cost less than what it measures, so nothing is parsed that need not be: a request is
// a handful of byte strings handed to one writev, and of a response only Status and the UIDs are read. It is
// deliberately not ingest/dimse: the server is measured by code that shares nothing with it. Not thread-safe:
// one Connection belongs to one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::bench {

inline constexpr std::string_view kExplicitVrLittleEndian = "1.2.840.10008.1.2.1";
inline constexpr std::string_view kStudyRootFind = "1.2.840.10008.5.1.4.1.2.2.1";
inline constexpr uint16_t kStatusSuccess = 0x0000;

// Where and as whom to associate.
struct Peer {
  std::string host = "127.0.0.1";
  uint16_t port = 11112;
  std::string called_ae_title = "ARGENT";
  std::string calling_ae_title = "ARGENT_LOAD";
  uint32_t pdu_bytes_max = 131072;  // what we offer to receive, and the most we send
  int timeout_seconds = 120;        // a peer silent for longer has failed
};

// The fields of a response that matter here.
struct Response {
  uint16_t status = 0xFFFF;
  uint16_t message_id = 0;
  bool has_data_set = false;
  std::string sop_instance_uid;
  std::string error_comment;
};

// One Association with one Presentation Context (ID 1).
class Connection {
 public:
  Connection() = default;
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // kUnsupported: the peer refused the Association or the Abstract Syntax. kIoError: no peer, or it went
  // away.
  Status Open(const Peer& peer, std::string_view abstract_syntax, std::string_view transfer_syntax);
  // Sends a command set and its Data Set. After a failure the connection is of no use.
  Status Send(ByteView command, ByteView data_set);
  // Waits for the next response; the Data Set that may follow it is read and dropped.
  Result<Response> Receive();
  // Releases the Association and closes. Safe to call when not open.
  void Close();

 private:
  Status SendAssociateRequest(const Peer& peer, std::string_view abstract_syntax,
                              std::string_view transfer_syntax);
  Status ReceiveAssociateAccept();
  Status ReadPdu(uint8_t* type);
  Status ReadExactly(MutableByteView out);
  Status FillInput();
  Status ReceiveMessage(bool command, std::string* out);

  int fd_ = -1;
  uint32_t pdv_bytes_max_ = 16384;
  std::vector<uint8_t> input_;  // read ahead from the socket
  size_t input_begin_ = 0;
  size_t input_end_ = 0;
  std::vector<uint8_t> pdu_;      // the PDU being looked at, without its header
  size_t pdu_position_ = 0;       // of the next PDV in it
  std::vector<uint8_t> headers_;  // PDU and PDV headers of the message being sent
};

// Command sets, Implicit VR Little Endian, with group length.
std::string StoreRequestCommand(uint16_t message_id, std::string_view sop_class_uid,
                                std::string_view sop_instance_uid);
std::string FindRequestCommand(uint16_t message_id, std::string_view sop_class_uid);

}  // namespace argent::bench
