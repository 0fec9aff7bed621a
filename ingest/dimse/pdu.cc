// Decoders, and the PDUs without items. The encoders of A-ASSOCIATE are in pdu_encode.cc.
#include "ingest/dimse/pdu.h"

#include <fmt/format.h>

#include <bitset>

#include "ingest/dimse/pdu_items.h"

namespace argent::ingest {
namespace {

constexpr size_t kAssociateFixedBytes = 68;  // version, reserved, both AE titles, 32 reserved
constexpr size_t kAeTitleBytes = 16;

// A UID field: trailing NUL and space, which some peers pad with, are not part of it.
std::string UidText(ByteView bytes) {
  std::string_view text = AsText(bytes);
  while (!text.empty() && (text.back() == '\0' || text.back() == ' ')) text.remove_suffix(1);
  return std::string(text);
}

std::string AeTitleText(ByteView bytes) {
  std::string text = UidText(bytes);
  text.erase(0, text.find_first_not_of(' '));
  return text;
}

// Splits a run of items: type, reserved, 16-bit length, value (PS3.8 9.3.2). After the last, or where a
// length passes the end, Next() is false, and ok() tells which.
class ItemReader {
 public:
  explicit ItemReader(ByteView bytes) : rest_(bytes) {}
  bool Next() {
    if (rest_.empty()) return false;
    if (rest_.size() < kItemHeaderBytes) return Fail();
    const size_t length = LoadBe16(&rest_[2]);
    if (length > rest_.size() - kItemHeaderBytes) return Fail();
    type_ = rest_[0];
    value_ = rest_.subspan(kItemHeaderBytes, length);
    rest_ = rest_.subspan(kItemHeaderBytes + length);
    return true;
  }
  bool ok() const { return ok_; }
  uint8_t type() const { return type_; }
  ByteView value() const { return value_; }

 private:
  bool Fail() {
    ok_ = false;
    return false;
  }
  ByteView rest_;
  ByteView value_;
  uint8_t type_ = 0;
  bool ok_ = true;
};

// Takes a 16-bit length and so many bytes from the front; false when they are not there.
bool TakeField(ByteView* bytes, ByteView* field) {
  if (bytes->size() < 2) return false;
  const size_t length = LoadBe16(bytes->data());
  if (length > bytes->size() - 2) return false;
  *field = bytes->subspan(2, length);
  *bytes = bytes->subspan(2 + length);
  return true;
}

Status Malformed(std::string_view what) {
  return Status::InvalidArgument(fmt::format("{} is malformed", what));
}

Status DecodeRole(ByteView value, UserInformation* info) {
  ByteView uid;
  if (!TakeField(&value, &uid) || value.size() < 2) return Malformed("SCP/SCU Role Selection");
  info->roles.push_back({UidText(uid), value[0] != 0, value[1] != 0});
  return Status::Ok();
}

Status DecodeExtended(ByteView value, UserInformation* info) {
  ByteView uid;
  if (!TakeField(&value, &uid)) return Malformed("SOP Class Extended Negotiation");
  info->extended_negotiation.push_back({UidText(uid), std::string(AsText(value))});
  return Status::Ok();
}

Status DecodeUserIdentity(ByteView value, UserInformation* info) {
  if (value.size() < 2) return Malformed("User Identity Negotiation");
  UserIdentityItem identity;
  identity.type = value[0];
  identity.positive_response_requested = value[1] != 0;
  value = value.subspan(2);
  ByteView primary;
  ByteView secondary;  // checked for its length only: it may be a passcode, and is not kept
  if (!TakeField(&value, &primary) || !TakeField(&value, &secondary))
    return Malformed("User Identity Negotiation");
  identity.primary = AsText(primary);
  info->user_identity = std::move(identity);
  return Status::Ok();
}

Status DecodeUserSubItem(uint8_t type, ByteView value, UserInformation* info) {
  switch (type) {
    case kMaximumLengthItem:
      if (value.size() != 4) return Malformed("Maximum Length");
      info->pdu_bytes_max = LoadBe32(value.data());
      return Status::Ok();
    case kImplementationClassItem:
      info->implementation_class_uid = UidText(value);
      return Status::Ok();
    case kImplementationVersionItem:
      info->implementation_version = UidText(value);
      return Status::Ok();
    case kAsynchronousOperationsItem:
      if (value.size() != 4) return Malformed("Asynchronous Operations Window");
      info->asynchronous_operations =
          AsynchronousOperations{LoadBe16(value.data()), LoadBe16(value.data() + 2)};
      return Status::Ok();
    case kRoleSelectionItem:
      return DecodeRole(value, info);
    case kExtendedNegotiationItem:
      return DecodeExtended(value, info);
    case kUserIdentityRequestItem:
      return DecodeUserIdentity(value, info);
    case kUserIdentityAcceptItem:
      info->user_identity_server_response =
          std::string(AsText(value.size() < 2 ? ByteView() : value.subspan(2)));
      return Status::Ok();
    default:
      // SOP Class Common Extended Negotiation among them: it names service class and related classes of a SOP
      // Class, and every Storage SOP Class is taken anyway (PS3.7 D.3.3.6 has no answer to it). PS3.8 9.3.1:
      // unknown items are ignored.
      return Status::Ok();
  }
}

Status DecodeUserInformation(ByteView bytes, UserInformation* info) {
  if (bytes.size() > kUserInformationBytesMax) return Status::InvalidArgument("User Information is too long");
  ItemReader items(bytes);
  while (items.Next()) ARGENT_RETURN_IF_ERROR(DecodeUserSubItem(items.type(), items.value(), info));
  return items.ok() ? Status::Ok() : Malformed("User Information");
}

Result<ProposedPresentationContext> DecodeProposedContext(ByteView value) {
  if (value.size() < 4) return Malformed("Presentation Context");
  ProposedPresentationContext context;
  context.id = value[0];
  if (context.id % 2 == 0)
    return Status::InvalidArgument(fmt::format("Presentation Context ID {} is even", context.id));
  ItemReader items(value.subspan(4));
  while (items.Next()) {
    if (items.type() == kAbstractSyntaxItem) context.abstract_syntax = UidText(items.value());
    if (items.type() == kTransferSyntaxItem) context.transfer_syntaxes.push_back(UidText(items.value()));
  }
  if (!items.ok() || context.abstract_syntax.empty() || context.transfer_syntaxes.empty()) {
    return Malformed(fmt::format("Presentation Context {}", context.id));
  }
  return context;
}

Result<AnsweredPresentationContext> DecodeAnsweredContext(ByteView value) {
  if (value.size() < 4) return Malformed("Presentation Context");
  AnsweredPresentationContext context;
  context.id = value[0];
  context.result = static_cast<ContextResult>(value[2]);
  ItemReader items(value.subspan(4));
  while (items.Next()) {
    if (items.type() == kTransferSyntaxItem) context.transfer_syntax = UidText(items.value());
  }
  if (!items.ok()) return Malformed(fmt::format("Presentation Context {}", context.id));
  return context;
}

// What A-ASSOCIATE-RQ and -AC have in common; contexts go to `on_context`.
template <typename Message, typename OnContext>
Status DecodeAssociate(ByteView body, uint8_t context_item, Message* message, OnContext on_context) {
  if (body.size() < kAssociateFixedBytes)
    return Status::InvalidArgument("PDU ends before its variable items");
  message->protocol_version = LoadBe16(body.data());
  message->called_ae_title = AeTitleText(body.subspan(4, kAeTitleBytes));
  message->calling_ae_title = AeTitleText(body.subspan(4 + kAeTitleBytes, kAeTitleBytes));
  message->application_context_name.clear();
  std::bitset<256> ids;
  ItemReader items(body.subspan(kAssociateFixedBytes));
  while (items.Next()) {
    if (items.type() == kApplicationContextItem) {
      message->application_context_name = UidText(items.value());
    } else if (items.type() == kUserInformationItem) {
      ARGENT_RETURN_IF_ERROR(DecodeUserInformation(items.value(), &message->user_information));
    } else if (items.type() == context_item) {
      ARGENT_ASSIGN_OR_RETURN(const uint8_t id, on_context(items.value()));
      if (ids.test(id))
        return Status::InvalidArgument(fmt::format("Presentation Context ID {} comes twice", id));
      ids.set(id);
    }
  }
  return items.ok() ? Status::Ok() : Malformed("a variable item of the PDU");
}

}  // namespace

Result<AssociateRequest> DecodeAssociateRequest(ByteView body) {
  AssociateRequest request;
  const auto on_context = [&request](ByteView value) -> Result<uint8_t> {
    ARGENT_ASSIGN_OR_RETURN(auto context, DecodeProposedContext(value));
    request.contexts.push_back(std::move(context));
    return request.contexts.back().id;
  };
  ARGENT_RETURN_IF_ERROR(DecodeAssociate(body, kProposedContextItem, &request, on_context));
  return request;
}

Result<AssociateAccept> DecodeAssociateAccept(ByteView body) {
  AssociateAccept accept;
  const auto on_context = [&accept](ByteView value) -> Result<uint8_t> {
    ARGENT_ASSIGN_OR_RETURN(auto context, DecodeAnsweredContext(value));
    accept.contexts.push_back(std::move(context));
    return accept.contexts.back().id;
  };
  ARGENT_RETURN_IF_ERROR(DecodeAssociate(body, kAnsweredContextItem, &accept, on_context));
  return accept;
}

Result<AssociateReject> DecodeAssociateReject(ByteView body) {
  if (body.size() < 4) return Malformed("A-ASSOCIATE-RJ");
  return AssociateReject{body[1], body[2], body[3]};
}

AbortFields DecodeAbort(ByteView body) {
  if (body.size() < 4) return {};
  return {body[2], body[3]};
}

std::string AssociateReject::ToString() const {
  static constexpr struct {
    AssociateReject reject;
    std::string_view text;
  } kTexts[] = {
      {kRejectNoReason, "no reason given"},
      {kRejectApplicationContext, "application context name not supported"},
      {kRejectCallingAeTitle, "calling AE title not recognized"},
      {kRejectCalledAeTitle, "called AE title not recognized"},
      {{1, 2, 1}, "no reason given"},
      {kRejectProtocolVersion, "protocol version not supported"},
      {kRejectCongestion, "temporary congestion"},
      {kRejectLocalLimit, "local limit exceeded"},
  };
  const std::string_view kind = result == 2 ? "transient" : "permanent";
  for (const auto& entry : kTexts) {
    if (entry.reject.source == source && entry.reject.reason == reason)
      return fmt::format("{} ({})", entry.text, kind);
  }
  return fmt::format("source {} reason {} ({})", source, reason, kind);
}

std::string AbortFields::ToString() const {
  if (source == 0) return "by its user";
  static constexpr std::string_view kReasons[] = {"no reason given",
                                                  "unrecognized PDU",
                                                  "unexpected PDU",
                                                  "",
                                                  "unrecognized PDU parameter",
                                                  "unexpected PDU parameter",
                                                  "invalid PDU parameter value"};
  return fmt::format("by its provider: {}",
                     reason < std::size(kReasons) ? kReasons[reason] : "unknown reason");
}

}  // namespace argent::ingest
