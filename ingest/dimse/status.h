// The one table from our Status to the Status of a DIMSE response (PS3.7 Annex C, PS3.4 B.2.3); nothing else
// knows the numbers.
#pragma once

#include <cstdint>

#include "ingest/dimse/command.h"
#include "ingest/upload.h"
#include "storage/base/status.h"

namespace argent::ingest::dimse_status {

inline constexpr uint16_t kSuccess = 0x0000;
inline constexpr uint16_t kProcessingFailure = 0x0110;
inline constexpr uint16_t kSopClassNotSupported = 0x0122;
inline constexpr uint16_t kUnrecognizedOperation = 0x0211;
inline constexpr uint16_t kMistypedArgument = 0x0212;
inline constexpr uint16_t kOutOfResources = 0xA700;
inline constexpr uint16_t kDataSetDoesNotMatchSopClass = 0xA900;
inline constexpr uint16_t kCannotUnderstand = 0xC000;

// Of a failed operation that is not C-STORE's refusal of a Data Set: `status` is not ok. kNoSpace,
// kOverloaded, kIoError: A700; kInvalidArgument: C000; kUnsupported: 0122; the rest, which are defects or
// damage on our side: 0110, processing failure.
uint16_t FromStatus(const argent::Status& status);
// Of C-STORE: every kept Instance is a plain success, because some SCUs take a warning for a failure (seen
// with B000); a mismatch of the UIDs is A900, whatever the code.
uint16_t FromOutcome(const Outcome& outcome);
// The response to `request` with status and Error Comment of a failure; success has no comment.
Command Response(const Command& request, const argent::Status& status);
Command Response(const Command& request, const Outcome& outcome);

}  // namespace argent::ingest::dimse_status
