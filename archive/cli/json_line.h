// Data Sets as JSON for people and scripts (`argent ls --json`); not the DICOM JSON Model of PS3.18 Annex F.
#pragma once

#include <string>
#include <string_view>

#include "codec/data_set.h"

namespace argent::archive {

// Appends a JSON string. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);
// Appends an object; the mapping is in ls.h.
void AppendJsonObject(const codec::DataSet& data_set, std::string* out);

}  // namespace argent::archive
