// The PDUs of the DICOM Upper Layer (PS3.8 section 9.3) as bytes: encoders and bounded decoders. P-DATA-TF is
// not here but in pdv_reader.h and association.cc, which never hold one whole. No I/O.
//
// Decoders tolerate what does no harm (unknown items and sub-items are skipped, reserved bytes ignored) and
// refuse what makes the structure uncertain: a length beyond its container, a missing mandatory item, a
// Presentation Context without syntaxes or with an even or repeated id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::ingest {

enum class PduType : uint8_t {
  kAssociateRq = 1,
  kAssociateAc = 2,
  kAssociateRj = 3,
  kDataTf = 4,
  kReleaseRq = 5,
  kReleaseRp = 6,
  kAbort = 7,
};

inline constexpr size_t kPduHeaderBytes = 6;  // type, reserved, length
inline constexpr size_t kPdvHeaderBytes = 6;  // length, Presentation Context ID, message control header
inline constexpr uint32_t kAssociatePduBytesMax = 64 * 1024;
inline constexpr size_t kUserInformationBytesMax = 32 * 1024;
inline constexpr size_t kPresentationContextsMax = 128;  // the odd ids 1 to 255
inline constexpr uint32_t kPduBytesMin = 16 * 1024;
inline constexpr uint32_t kPduBytesMax = 1024 * 1024;

inline constexpr std::string_view kApplicationContextName = "1.2.840.10008.3.1.1.1";

struct ProposedPresentationContext {
  uint8_t id = 0;
  std::string abstract_syntax;
  std::vector<std::string> transfer_syntaxes;
};

struct RoleSelection {
  std::string sop_class_uid;
  bool scu = false;  // of the requestor, in both directions of the negotiation
  bool scp = false;
};

struct ExtendedNegotiationItem {
  std::string sop_class_uid;
  std::string bytes;
};

struct UserIdentityItem {
  uint8_t type = 0;
  bool positive_response_requested = false;
  std::string primary;
};

struct AsynchronousOperations {
  uint16_t invoked_max = 1;
  uint16_t performed_max = 1;
};

// User Information (PS3.8 Annex D, PS3.7 Annex D.3.3) of both A-ASSOCIATE-RQ and A-ASSOCIATE-AC.
struct UserInformation {
  uint32_t pdu_bytes_max =
      kPduBytesMin;  // 0: no limit. The item is mandatory; without it 16 KiB, which every peer takes
  std::string implementation_class_uid;
  std::string implementation_version;
  std::optional<AsynchronousOperations> asynchronous_operations;
  std::vector<RoleSelection> roles;
  std::vector<ExtendedNegotiationItem> extended_negotiation;
  std::optional<UserIdentityItem> user_identity;             // RQ
  std::optional<std::string> user_identity_server_response;  // AC
};

struct AssociateRequest {
  uint16_t protocol_version = 1;
  std::string called_ae_title;
  std::string calling_ae_title;
  std::string application_context_name{kApplicationContextName};
  std::vector<ProposedPresentationContext> contexts;
  UserInformation user_information;
};

// PS3.8 Table 9-18.
enum class ContextResult : uint8_t {
  kAcceptance = 0,
  kUserRejection = 1,
  kNoReason = 2,
  kAbstractSyntaxNotSupported = 3,
  kTransferSyntaxesNotSupported = 4,
};

struct AnsweredPresentationContext {
  uint8_t id = 0;
  ContextResult result = ContextResult::kNoReason;
  std::string transfer_syntax;  // has no meaning unless accepted
};

struct AssociateAccept {
  uint16_t protocol_version = 1;
  std::string called_ae_title;  // as sent by the requestor
  std::string calling_ae_title;
  std::string application_context_name{kApplicationContextName};
  std::vector<AnsweredPresentationContext> contexts;
  UserInformation user_information;
};

// PS3.8 Table 9-21.
struct AssociateReject {
  uint8_t result = 1;  // 1 permanent, 2 transient
  uint8_t source = 1;  // 1 service-user, 2 provider (ACSE), 3 provider (presentation)
  uint8_t reason = 1;
  std::string ToString() const;
};
inline constexpr AssociateReject kRejectNoReason{1, 1, 1};
inline constexpr AssociateReject kRejectApplicationContext{1, 1, 2};
inline constexpr AssociateReject kRejectCallingAeTitle{1, 1, 3};
inline constexpr AssociateReject kRejectCalledAeTitle{1, 1, 7};
inline constexpr AssociateReject kRejectProtocolVersion{1, 2, 2};
inline constexpr AssociateReject kRejectCongestion{2, 3, 1};
inline constexpr AssociateReject kRejectLocalLimit{2, 3, 2};

struct AbortFields {
  uint8_t source = 0;
  uint8_t reason = 0;
  std::string ToString() const;
};

// Each takes the PDU's body, what follows the 6 bytes of type and length. kInvalidArgument says what is
// wrong.
Result<AssociateRequest> DecodeAssociateRequest(ByteView body);
Result<AssociateAccept> DecodeAssociateAccept(ByteView body);
Result<AssociateReject> DecodeAssociateReject(ByteView body);
AbortFields DecodeAbort(ByteView body);  // a short body reads as zeros

// Whole PDUs.
std::string EncodeAssociateRequest(const AssociateRequest& request);
std::string EncodeAssociateAccept(const AssociateAccept& accept);
std::string EncodeAssociateReject(const AssociateReject& reject);
std::string EncodeReleaseRequest();
std::string EncodeReleaseResponse();
std::string EncodeAbort(uint8_t source, uint8_t reason);

// The header of a P-DATA-TF with one PDV of `fragment_bytes`.
void EncodeDataHeader(uint8_t context_id, bool is_command, bool is_last, uint32_t fragment_bytes,
                      uint8_t (&out)[kPduHeaderBytes + kPdvHeaderBytes]);

}  // namespace argent::ingest
