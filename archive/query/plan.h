// The query planner: where the candidates of a query come from. A plan only narrows; every candidate is
// matched again.
//
// Usable sources: Study, Series and SOP Instance UIDs; and each index of archive/model/index_entries.h whose
// key is a value, a list, a range or a wildcard that starts with characters. Among several, the one with the
// fewest entries is taken, counted in the catalog up to a bound. Everything is scanned only when no source
// can serve.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "archive/model/index_entries.h"
#include "archive/model/schema.h"
#include "archive/query/compiled_query.h"
#include "storage/catalog/catalog.h"

namespace argent::archive {

// A list of UIDs longer than this is refused: it would be a scan in disguise.
inline constexpr size_t kUidListMax = 20'000;

struct Plan {
  std::string source;            // "study-uid", "index patient-name", "scan" …
  std::optional<Index> index;    // set when the ranges are of an index
  std::vector<KeyRange> ranges;  // ascending, apart
  bool scans_all = false;
  bool may_repeat = false;  // one target may have several keys in the ranges
  uint64_t entries = 0;     // keys in the ranges, counted up to a bound
  bool entries_exact = true;

  // One line for a person, e.g. "index accession-number: 1 range, 1 entry".
  std::string Explain() const;
};

// kInvalidArgument: more than kUidListMax UIDs.
Result<Plan> MakePlan(storage::Catalog& catalog, const CompiledQuery& query);

}  // namespace argent::archive
