// Item types of A-ASSOCIATE PDUs (PS3.8 section 9.3.2 and Annex D, PS3.7 Annex D.3.3). Internal to pdu.cc and
// pdu_encode.cc.
#pragma once

#include <cstddef>
#include <cstdint>

namespace argent::ingest {

inline constexpr size_t kItemHeaderBytes = 4;  // type, reserved, length

inline constexpr uint8_t kApplicationContextItem = 0x10;
inline constexpr uint8_t kProposedContextItem = 0x20;
inline constexpr uint8_t kAnsweredContextItem = 0x21;
inline constexpr uint8_t kAbstractSyntaxItem = 0x30;
inline constexpr uint8_t kTransferSyntaxItem = 0x40;
inline constexpr uint8_t kUserInformationItem = 0x50;
inline constexpr uint8_t kMaximumLengthItem = 0x51;
inline constexpr uint8_t kImplementationClassItem = 0x52;
inline constexpr uint8_t kAsynchronousOperationsItem = 0x53;
inline constexpr uint8_t kRoleSelectionItem = 0x54;
inline constexpr uint8_t kImplementationVersionItem = 0x55;
inline constexpr uint8_t kExtendedNegotiationItem = 0x56;
inline constexpr uint8_t kUserIdentityRequestItem = 0x58;
inline constexpr uint8_t kUserIdentityAcceptItem = 0x59;

}  // namespace argent::ingest
