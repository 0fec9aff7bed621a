// Data Sets as JSON for people and scripts (`argent ls --json`); not the DICOM JSON Model of PS3.18 Annex F.
#pragma once

#include <string>

#include "codec/data_set.h"
#include "codec/json_text.h"

namespace argent::archive {

using codec::AppendJsonString;
// Appends an object; the mapping is in ls.h.
void AppendJsonObject(const codec::DataSet& data_set, std::string* out);

}  // namespace argent::archive
