// `argent ls patients|studies|series|instances|conflicts`: the query planner at the command line.
//
// Every match of `--match Keyword=VALUE` follows the rules of C-FIND (query/key_matcher.h), relational: keys
// of any level may be given. Conflicts are the exceptions a person has to look at; they take no --match.
//
// With `json` each match is one line, an object whose keys are DICOM keywords (tags as 8 hex digits where
// there is none). Values: text and names as strings; IS, DS and binary numbers as numbers (as strings when
// they are not numbers); several values as an array; sequences as an array of objects; empty as null.
// Conflicts have the keys Kind, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, Reason and
// ReceivedDateTime (UTC, ISO 8601). Otherwise a table of text, columns aligned.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/status.h"
#include "storage/catalog/catalog.h"

namespace argent::archive {

struct LsOptions {
  std::string what = {};                  // patients, studies, series, instances, conflicts
  std::vector<std::string> matches = {};  // Keyword=VALUE
  size_t limit = std::numeric_limits<size_t>::max();
  bool json = false;
};

// Gives lines without the newline. kInvalidArgument: an unknown word, keyword or value; the message says
// which.
Status List(storage::Catalog& catalog, const LsOptions& options,
            const std::function<void(std::string_view line)>& print);

}  // namespace argent::archive
