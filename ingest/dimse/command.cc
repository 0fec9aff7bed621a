#include "ingest/dimse/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace argent::ingest {
namespace {

using codec::MakeVr;
using codec::Tag;

constexpr Tag kCommandGroupLength{0x0000, 0x0000};
constexpr Tag kAffectedSopClassUid{0x0000, 0x0002};
constexpr Tag kRequestedSopClassUid{0x0000, 0x0003};
constexpr Tag kCommandField{0x0000, 0x0100};
constexpr Tag kMessageId{0x0000, 0x0110};
constexpr Tag kMessageIdBeingRespondedTo{0x0000, 0x0120};
constexpr Tag kMoveDestination{0x0000, 0x0600};
constexpr Tag kPriority{0x0000, 0x0700};
constexpr Tag kCommandDataSetType{0x0000, 0x0800};
constexpr Tag kStatus{0x0000, 0x0900};
constexpr Tag kOffendingElement{0x0000, 0x0901};
constexpr Tag kErrorComment{0x0000, 0x0902};
constexpr Tag kAffectedSopInstanceUid{0x0000, 0x1000};
constexpr Tag kRequestedSopInstanceUid{0x0000, 0x1001};
constexpr Tag kRemainingSubOperations{0x0000, 0x1020};
constexpr Tag kCompletedSubOperations{0x0000, 0x1021};
constexpr Tag kFailedSubOperations{0x0000, 0x1022};
constexpr Tag kWarningSubOperations{0x0000, 0x1023};
constexpr Tag kMoveOriginatorAeTitle{0x0000, 0x1030};
constexpr Tag kMoveOriginatorMessageId{0x0000, 0x1031};

// PS3.7 E.1: 0101H says that there is no Data Set, anything else that there is one.
constexpr uint16_t kNoDataSet = 0x0101;
constexpr uint16_t kWithDataSet = 0x0001;

constexpr codec::DataSetLimits kCommandLimits{
    .bytes_max = Command::kBytesMax, .elements_max = 256, .nesting_max = 0};

std::optional<uint16_t> Unsigned16(const codec::DataSet& elements, Tag tag) {
  const std::optional<int64_t> value = elements.Integer(tag);
  if (!value || *value < 0 || *value > std::numeric_limits<uint16_t>::max()) return std::nullopt;
  return static_cast<uint16_t>(*value);
}

Status Missing(std::string_view name, Tag tag) {
  return Status::InvalidArgument(
      fmt::format("Command Set without {} ({:04X},{:04X})", name, tag.group, tag.element));
}

// The text without the padding an AE title may have on both sides.
std::string Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return std::string(text);
}

// A Command Set has no Specific Character Set, and a backslash separates values.
char AsErrorCommentCharacter(char c) {
  if (c == '\\') return '/';
  return c < 0x20 || c > 0x7E ? '?' : c;
}

}  // namespace

Command::Command(CommandField field) : field_(field) {
  elements_.SetUnsigned16(kCommandField, static_cast<uint16_t>(field));
}

Result<Command> Command::Parse(ByteView bytes) {
  auto parsed = codec::DataSet::Parse(bytes, codec::Encoding::kImplicitLittle, kCommandLimits);
  if (!parsed.ok()) return Status::InvalidArgument("Command Set: " + parsed.status().message());
  for (const codec::Element& element : parsed->elements()) {
    if (element.tag.group != 0)
      return Status::InvalidArgument("Command Set with an element outside group 0000");
  }
  const auto field = Unsigned16(*parsed, kCommandField);
  if (!field) return Missing("Command Field", kCommandField);
  const auto data_set_type = Unsigned16(*parsed, kCommandDataSetType);
  if (!data_set_type) return Missing("Command Data Set Type", kCommandDataSetType);

  Command command(static_cast<CommandField>(*field));
  const Tag id_tag = command.is_request() ? kMessageId : kMessageIdBeingRespondedTo;
  const auto id = Unsigned16(*parsed, id_tag);
  if (!id) return Missing(command.is_request() ? "Message ID" : "Message ID Being Responded To", id_tag);
  (command.is_request() ? command.message_id_ : command.message_id_being_responded_to_) = *id;
  command.has_data_set_ = *data_set_type != kNoDataSet;
  command.elements_ = std::move(*parsed);
  command.elements_.Erase(kCommandGroupLength);
  command.elements_.Erase(kCommandDataSetType);
  return command;
}

std::string Command::Encode(bool has_data_set) const {
  codec::DataSet all = elements_;
  all.SetUnsigned16(kCommandDataSetType, has_data_set ? kWithDataSet : kNoDataSet);
  std::string body;
  all.Serialize(codec::Encoding::kImplicitLittle, &body);
  codec::DataSet group_length;
  group_length.SetUnsigned32(kCommandGroupLength, static_cast<uint32_t>(body.size()));
  std::string bytes;
  group_length.Serialize(codec::Encoding::kImplicitLittle, &bytes);
  bytes += body;
  return bytes;
}

Command Command::Request(CommandField field, uint16_t message_id, std::string_view sop_class_uid) {
  Command command(field);
  command.elements_.SetText(kAffectedSopClassUid, MakeVr("UI"), sop_class_uid);
  command.elements_.SetUnsigned16(kMessageId, message_id);
  command.message_id_ = message_id;
  return command;
}

Command Command::EchoRequest(uint16_t message_id) {
  return Request(CommandField::kCEchoRq, message_id, "1.2.840.10008.1.1");
}

Command Command::StoreRequest(const StoreRequestFields& fields) {
  Command command = Request(CommandField::kCStoreRq, fields.message_id, fields.sop_class_uid);
  command.elements_.SetText(kAffectedSopInstanceUid, MakeVr("UI"), fields.sop_instance_uid);
  command.elements_.SetUnsigned16(kPriority, static_cast<uint16_t>(fields.priority));
  if (!fields.move_originator_ae_title.empty()) {
    command.elements_.SetText(kMoveOriginatorAeTitle, MakeVr("AE"), fields.move_originator_ae_title);
  }
  if (fields.move_originator_message_id) {
    command.elements_.SetUnsigned16(kMoveOriginatorMessageId, *fields.move_originator_message_id);
  }
  return command;
}

Command Command::FindRequest(uint16_t message_id, std::string_view sop_class_uid, Priority priority) {
  Command command = Request(CommandField::kCFindRq, message_id, sop_class_uid);
  command.elements_.SetUnsigned16(kPriority, static_cast<uint16_t>(priority));
  return command;
}

Command Command::GetRequest(uint16_t message_id, std::string_view sop_class_uid, Priority priority) {
  Command command = Request(CommandField::kCGetRq, message_id, sop_class_uid);
  command.elements_.SetUnsigned16(kPriority, static_cast<uint16_t>(priority));
  return command;
}

Command Command::MoveRequest(uint16_t message_id, std::string_view sop_class_uid,
                             std::string_view destination_ae_title, Priority priority) {
  Command command = Request(CommandField::kCMoveRq, message_id, sop_class_uid);
  command.elements_.SetUnsigned16(kPriority, static_cast<uint16_t>(priority));
  command.elements_.SetText(kMoveDestination, MakeVr("AE"), destination_ae_title);
  return command;
}

Command Command::CancelRequest(uint16_t message_id_being_responded_to) {
  Command command(CommandField::kCCancelRq);
  command.elements_.SetUnsigned16(kMessageIdBeingRespondedTo, message_id_being_responded_to);
  command.message_id_being_responded_to_ = message_id_being_responded_to;
  return command;
}

Command Command::Response(const Command& request, uint16_t status) {
  Command response(static_cast<CommandField>(static_cast<uint16_t>(request.field_) | 0x8000));
  response.elements_.SetUnsigned16(kMessageIdBeingRespondedTo, request.message_id_);
  response.message_id_being_responded_to_ = request.message_id_;
  response.elements_.SetUnsigned16(kStatus, status);
  const std::string class_uid = request.sop_class_uid();
  if (!class_uid.empty()) response.elements_.SetText(kAffectedSopClassUid, MakeVr("UI"), class_uid);
  const std::string instance_uid = request.sop_instance_uid();
  if (!instance_uid.empty()) response.elements_.SetText(kAffectedSopInstanceUid, MakeVr("UI"), instance_uid);
  return response;
}

Command& Command::SetErrorComment(std::string_view text) {
  std::string comment(text.substr(0, kErrorCommentCharactersMax));
  std::transform(comment.begin(), comment.end(), comment.begin(), AsErrorCommentCharacter);
  elements_.SetText(kErrorComment, MakeVr("LO"), comment);
  return *this;
}

Command& Command::SetOffendingElements(const std::vector<Tag>& tags) {
  std::string value;
  ByteWriter writer(&value);
  for (const Tag& tag : tags) {
    writer.U16(tag.group);
    writer.U16(tag.element);
  }
  elements_.Set({kOffendingElement, MakeVr("AT"), std::move(value), {}});
  return *this;
}

Command& Command::SetSubOperations(const SubOperations& counts) {
  elements_.Erase(kRemainingSubOperations);
  if (counts.remaining) elements_.SetUnsigned16(kRemainingSubOperations, *counts.remaining);
  elements_.SetUnsigned16(kCompletedSubOperations, counts.completed);
  elements_.SetUnsigned16(kFailedSubOperations, counts.failed);
  elements_.SetUnsigned16(kWarningSubOperations, counts.warning);
  return *this;
}

std::string Command::sop_class_uid() const {
  const std::string_view affected = elements_.Text(kAffectedSopClassUid);
  return std::string(affected.empty() ? elements_.Text(kRequestedSopClassUid) : affected);
}

std::string Command::sop_instance_uid() const {
  const std::string_view affected = elements_.Text(kAffectedSopInstanceUid);
  return std::string(affected.empty() ? elements_.Text(kRequestedSopInstanceUid) : affected);
}

std::string Command::move_destination() const { return Trimmed(elements_.Text(kMoveDestination)); }

std::string Command::move_originator_ae_title() const {
  return Trimmed(elements_.Text(kMoveOriginatorAeTitle));
}

std::optional<uint16_t> Command::move_originator_message_id() const {
  return Unsigned16(elements_, kMoveOriginatorMessageId);
}

std::optional<uint16_t> Command::status() const { return Unsigned16(elements_, kStatus); }

std::string Command::error_comment() const { return std::string(elements_.Text(kErrorComment)); }

std::vector<Tag> Command::offending_elements() const {
  std::vector<Tag> tags;
  const codec::Element* element = elements_.Find(kOffendingElement);
  if (element == nullptr) return tags;
  ByteReader reader(AsBytes(element->value));
  while (reader.remaining() >= 4) {
    const uint16_t group = reader.U16();
    tags.push_back({group, reader.U16()});
  }
  return tags;
}

SubOperations Command::sub_operations() const {
  SubOperations counts;
  counts.remaining = Unsigned16(elements_, kRemainingSubOperations);
  counts.completed = Unsigned16(elements_, kCompletedSubOperations).value_or(0);
  counts.failed = Unsigned16(elements_, kFailedSubOperations).value_or(0);
  counts.warning = Unsigned16(elements_, kWarningSubOperations).value_or(0);
  return counts;
}

Priority Command::priority() const {
  const uint16_t value = Unsigned16(elements_, kPriority).value_or(0);
  return value <= 2 ? static_cast<Priority>(value) : Priority::kMedium;
}

std::string CommandFieldName(CommandField field) {
  static constexpr struct {
    CommandField field;
    std::string_view name;
  } kNames[] = {
      {CommandField::kCStoreRq, "C-STORE"},   {CommandField::kCGetRq, "C-GET"},
      {CommandField::kCFindRq, "C-FIND"},     {CommandField::kCMoveRq, "C-MOVE"},
      {CommandField::kCEchoRq, "C-ECHO"},     {CommandField::kNEventReportRq, "N-EVENT-REPORT"},
      {CommandField::kNGetRq, "N-GET"},       {CommandField::kNSetRq, "N-SET"},
      {CommandField::kNActionRq, "N-ACTION"}, {CommandField::kNCreateRq, "N-CREATE"},
      {CommandField::kNDeleteRq, "N-DELETE"}, {CommandField::kCCancelRq, "C-CANCEL"},
  };
  const uint16_t number = static_cast<uint16_t>(field);
  for (const auto& entry : kNames) {
    if (static_cast<uint16_t>(entry.field) != (number & 0x7FFF)) continue;
    return std::string(entry.name) + ((number & 0x8000) != 0 ? "-RSP" : "-RQ");
  }
  return fmt::format("command 0x{:04X}", number);
}

}  // namespace argent::ingest
