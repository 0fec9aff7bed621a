// The DICOM JSON Model (PS3.18 Annex F): Data Sets as JSON objects, an attribute each.
//
// Values: text and names as strings, split where the VR has several; IS, DS and binary numbers as JSON
// numbers, as strings where JSON has no such number (NaN, 64 bits beyond 2^53, a malformed IS); AT as 8 hex
// digits; bytes (OB, OW, UN …) as InlineBinary. Group lengths are left out.
#pragma once

#include <string>

#include "codec/data_set.h"

namespace argent::codec {

// Text must be UTF-8 (ConvertToUtf8()); bytes that are not become U+FFFD. Specific Character Set is written
// as ISO_IR 192, which JSON is.
void AppendDicomJson(const DataSet& data_set, std::string* out);
// `"00100010":{"vr":"PN","Value":[…]}`; nothing for a group length.
void AppendDicomJsonElement(const Element& element, std::string* out);
// `"7FE00010":{"vr":"OW","BulkDataURI":"…"}`
void AppendDicomJsonBulkData(Tag tag, Vr vr, std::string_view uri, std::string* out);
// The front of an attribute up to where its value stands: `"0040A730":{"vr":"SQ"`.
void AppendDicomJsonHeader(Tag tag, Vr vr, std::string* out);

}  // namespace argent::codec
