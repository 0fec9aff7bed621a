// What a Transfer Syntax (PS3.5 section 10, PS3.6 Annex A) means for the bytes of a Data Set. Unknown UIDs
// are taken as encapsulated Explicit VR Little Endian, as every syntax since 1993 has been (PS3.5 A.4).
#pragma once

#include <string_view>

#include "codec/data_set.h"
#include "codec/uid.h"

namespace argent::codec {

struct TransferSyntax {
  std::string_view uid;
  std::string_view name;
  Encoding encoding = Encoding::kExplicitLittle;
  bool deflated = false;      // the whole Data Set is a raw DEFLATE stream (1.2.840.10008.1.2.1.99)
  bool encapsulated = false;  // Pixel Data comes as Fragments
  bool lossy_possible = false;
  bool known = false;
};

inline constexpr std::string_view kImplicitVrLittleEndian = "1.2.840.10008.1.2";
inline constexpr std::string_view kExplicitVrLittleEndian = "1.2.840.10008.1.2.1";
inline constexpr std::string_view kDeflatedExplicitVrLittleEndian = "1.2.840.10008.1.2.1.99";
inline constexpr std::string_view kExplicitVrBigEndian = "1.2.840.10008.1.2.2";

// The uid view of the result points into static storage for known syntaxes and is empty for unknown ones.
TransferSyntax LookUpTransferSyntax(std::string_view uid);

}  // namespace argent::codec
