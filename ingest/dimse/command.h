// A DIMSE Command Set (PS3.7 section 6.3 and Annex E): what a message asks or answers, as a small Data Set of
// group 0000 in Implicit VR Little Endian, with a builder for every message we send and a checked accessor
// for every field.
//
// Parse() promises that the Command Field, the Message ID (of a request), the Message ID Being Responded To
// (of a response and of C-CANCEL-RQ) and the Command Data Set Type are there; everything else may be absent.
// Whether a Data Set follows is not set by hand: Encode() is told by whoever sends it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/data_set.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::ingest {

// PS3.7 Table E.1-1, (0000,0100).
enum class CommandField : uint16_t {
  kCStoreRq = 0x0001,
  kCStoreRsp = 0x8001,
  kCGetRq = 0x0010,
  kCGetRsp = 0x8010,
  kCFindRq = 0x0020,
  kCFindRsp = 0x8020,
  kCMoveRq = 0x0021,
  kCMoveRsp = 0x8021,
  kCEchoRq = 0x0030,
  kCEchoRsp = 0x8030,
  kNEventReportRq = 0x0100,
  kNEventReportRsp = 0x8100,
  kNGetRq = 0x0110,
  kNGetRsp = 0x8110,
  kNSetRq = 0x0120,
  kNSetRsp = 0x8120,
  kNActionRq = 0x0130,
  kNActionRsp = 0x8130,
  kNCreateRq = 0x0140,
  kNCreateRsp = 0x8140,
  kNDeleteRq = 0x0150,
  kNDeleteRsp = 0x8150,
  kCCancelRq = 0x0FFF,
};

enum class Priority : uint16_t { kMedium = 0, kHigh = 1, kLow = 2 };

// Counts of C-MOVE-RSP and C-GET-RSP (PS3.4 C.4.2.1.6). `remaining` is left out of final responses other than
// cancel.
struct SubOperations {
  std::optional<uint16_t> remaining;
  uint16_t completed = 0;
  uint16_t failed = 0;
  uint16_t warning = 0;
};

struct StoreRequestFields {
  uint16_t message_id = 0;
  std::string sop_class_uid;
  std::string sop_instance_uid;
  Priority priority = Priority::kMedium;
  // Sub-operations of a C-MOVE (PS3.7 9.3.1.1): who asked, and the Message ID of its C-MOVE-RQ.
  std::string move_originator_ae_title = {};
  std::optional<uint16_t> move_originator_message_id = {};
};

class Command {
 public:
  // A whole Command Set never needs more: the longest legal values together stay below 8 KiB.
  static constexpr size_t kBytesMax = 64 * 1024;
  // An LO (PS3.5 6.2): what is longer is cut at a character's edge.
  static constexpr size_t kErrorCommentCharactersMax = 64;

  // kInvalidArgument, naming the element, when the bytes are no Command Set or a field of the promise above
  // is missing.
  static Result<Command> Parse(ByteView bytes);
  // With the Command Group Length in front.
  std::string Encode(bool has_data_set) const;

  static Command EchoRequest(uint16_t message_id);
  static Command StoreRequest(const StoreRequestFields& fields);
  static Command FindRequest(uint16_t message_id, std::string_view sop_class_uid,
                             Priority priority = Priority::kMedium);
  static Command GetRequest(uint16_t message_id, std::string_view sop_class_uid,
                            Priority priority = Priority::kMedium);
  static Command MoveRequest(uint16_t message_id, std::string_view sop_class_uid,
                             std::string_view destination_ae_title, Priority priority = Priority::kMedium);
  static Command CancelRequest(uint16_t message_id_being_responded_to);
  // The response to `request`: its Message ID and Affected SOP Class UID, and for C-STORE the Affected SOP
  // Instance UID.
  static Command Response(const Command& request, uint16_t status);

  // What only failures, warnings or sub-operations carry; each replaces the value it had.
  Command& SetErrorComment(std::string_view text);
  Command& SetOffendingElements(const std::vector<codec::Tag>& tags);
  Command& SetSubOperations(const SubOperations& counts);

  CommandField field() const { return field_; }
  bool is_response() const { return (static_cast<uint16_t>(field_) & 0x8000) != 0; }
  bool is_request() const { return !is_response() && field_ != CommandField::kCCancelRq; }
  // As received: whether a Data Set follows the command.
  bool has_data_set() const { return has_data_set_; }
  uint16_t message_id() const { return message_id_; }  // 0 in a response and a cancel
  uint16_t message_id_being_responded_to() const { return message_id_being_responded_to_; }

  // Empty text and nullopt when the element is absent or not of its VR.
  std::string sop_class_uid() const;     // Affected, or else Requested
  std::string sop_instance_uid() const;  // Affected, or else Requested
  std::string move_destination() const;
  std::string move_originator_ae_title() const;
  std::optional<uint16_t> move_originator_message_id() const;
  std::optional<uint16_t> status() const;
  std::string error_comment() const;
  std::vector<codec::Tag> offending_elements() const;
  SubOperations sub_operations() const;  // absent counts are 0
  Priority priority() const;             // kMedium when absent or not one of the three

  const codec::DataSet& elements() const { return elements_; }

 private:
  explicit Command(CommandField field);
  static Command Request(CommandField field, uint16_t message_id, std::string_view sop_class_uid);

  codec::DataSet elements_;  // without group length and Command Data Set Type
  CommandField field_;
  bool has_data_set_ = false;
  uint16_t message_id_ = 0;
  uint16_t message_id_being_responded_to_ = 0;
};

// "C-STORE-RQ"; "command 0x1234" when unknown.
std::string CommandFieldName(CommandField field);

}  // namespace argent::ingest
