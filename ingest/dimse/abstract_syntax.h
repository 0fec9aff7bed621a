// Which Abstract Syntaxes can be Storage SOP Classes. Everything can, known, future or private, except what
// PS3.6 Table A-1 registers as something else: an archive that knows only yesterday's SOP Classes refuses
// tomorrow's images.
#pragma once

#include <string_view>

namespace argent::ingest {

inline constexpr std::string_view kVerificationSopClass = "1.2.840.10008.1.1";

// False for a UID that is not acceptable (codec/uid.h) or is a registered non-storage SOP Class, Transfer
// Syntax or the like.
bool MayBeStorageSopClass(std::string_view uid);

}  // namespace argent::ingest
