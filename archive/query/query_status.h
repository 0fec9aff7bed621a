// Status codes of C-FIND, C-MOVE and C-GET responses (PS3.4 C.4.1.1.4, C.4.2.1.5, C.4.3.1.4) beyond
// ingest/dimse/status.h, and their SOP Classes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "archive/query/query.h"

namespace argent::archive {

namespace query_status {
inline constexpr uint16_t kSuccess = 0x0000;
inline constexpr uint16_t kCannotCountMatches = 0xA701;
inline constexpr uint16_t kCannotPerformSubOperations = 0xA702;
inline constexpr uint16_t kMoveDestinationUnknown = 0xA801;
inline constexpr uint16_t kIdentifierDoesNotMatch = 0xA900;
inline constexpr uint16_t kSomeSubOperationsFailed = 0xB000;
inline constexpr uint16_t kCannotProcess = 0xC000;
inline constexpr uint16_t kCancelled = 0xFE00;
inline constexpr uint16_t kPending = 0xFF00;
inline constexpr uint16_t kPendingUnsupportedKeys = 0xFF01;
}  // namespace query_status

inline constexpr std::string_view kPatientRootFind = "1.2.840.10008.5.1.4.1.2.1.1";
inline constexpr std::string_view kPatientRootMove = "1.2.840.10008.5.1.4.1.2.1.2";
inline constexpr std::string_view kPatientRootGet = "1.2.840.10008.5.1.4.1.2.1.3";
inline constexpr std::string_view kStudyRootFind = "1.2.840.10008.5.1.4.1.2.2.1";
inline constexpr std::string_view kStudyRootMove = "1.2.840.10008.5.1.4.1.2.2.2";
inline constexpr std::string_view kStudyRootGet = "1.2.840.10008.5.1.4.1.2.2.3";

}  // namespace argent::archive
