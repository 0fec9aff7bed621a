// A query of the information model (PS3.4 C.6), whoever asks: C-FIND or `argent ls`.
#pragma once

#include <cstddef>
#include <limits>
#include <string>

#include "codec/catalog_attributes.h"
#include "codec/data_set.h"

namespace argent::archive {

using codec::Level;

enum class Root { kPatient, kStudy };

struct Query {
  Root root = Root::kStudy;
  Level level = Level::kStudy;
  codec::DataSet keys = {};  // in UTF-8 (codec::ConvertToUtf8); elements that are not keys (level, character
                             // set) are passed over
  bool relational = false;   // unique keys of higher levels are not required
  bool combined_date_time = false;  // a date and its time are one point in time
  size_t offset = 0;                // matches passed over
  size_t limit = std::numeric_limits<size_t>::max();
  std::string retrieve_ae_title = {};  // where to retrieve from; left out of answers when empty
};

}  // namespace argent::archive
