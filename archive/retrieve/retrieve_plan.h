// What a retrieval gives back: unique keys resolved to Instances, in the order in which they are read best.
// Shared by C-MOVE, C-GET and `argent get`.
//
// Of a SOP Instance UID with several variants the first received is retrieved. Instances of a Series stay
// together, in the order in which they lie in the log; Series follow each other by place as well.
#pragma once

#include <string>
#include <vector>

#include "archive/model/rows.h"
#include "archive/query/query.h"
#include "storage/catalog/catalog.h"

namespace argent::archive {

// A retrieval names its Instances one by one, in memory (about 400 bytes each): more are refused.
inline constexpr size_t kRetrieveInstancesMax = 500'000;

struct RetrieveKeys {
  Level level = Level::kStudy;
  codec::DataSet
      unique_keys;  // Patient ID, Study, Series, SOP Instance UID: those that are given; UIDs may be lists
};

// Checks the identifier of a C-MOVE-RQ or C-GET-RQ (PS3.4 C.4.2.2.1, C.4.3.2.1). kInvalidArgument with a
// message for an Error Comment: no level, the level's unique key is missing, a higher one is missing (and not
// relational), a wildcard.
Result<RetrieveKeys> ParseRetrieveIdentifier(Root root, bool relational, const codec::DataSet& identifier);

struct RetrieveInstance {
  std::string sop_instance_uid;
  VariantRow stored;
};

// Empty when nothing matches. kOverloaded beyond kRetrieveInstancesMax.
Result<std::vector<RetrieveInstance>> ResolveInstances(storage::Catalog& catalog, const RetrieveKeys& keys);

}  // namespace argent::archive
