// Identifiers of answers (PS3.4 C.4.1.1.3.2): what a matching row says for the keys that were asked.
#pragma once

#include <string_view>

#include "archive/query/query.h"

namespace argent::archive {

// Attributes of the matching row and of the rows above it.
struct RowViews {
  const codec::DataSet& top;  // of the Patient at patient level, else of the Study with its Patient
  const codec::DataSet& series;
  const codec::DataSet& instance;
};

// In UTF-8, without Specific Character Set. Keys the catalog does not hold come back empty.
codec::DataSet MakeIdentifier(const Query& query, const RowViews& rows);

// Turns text from UTF-8 into what a peer reads: nothing to do for ASCII; else `requested`, the peer's own
// Specific Character Set, when it can express every value; else UTF-8. Sets Specific Character Set
// accordingly.
void ExpressInCharacterSet(std::string_view requested, codec::DataSet* identifier);

// PATIENT, STUDY, SERIES, IMAGE (PS3.4 C.6.1.1).
std::string_view LevelName(Level level);
std::optional<Level> ParseLevelName(std::string_view text);

}  // namespace argent::archive
