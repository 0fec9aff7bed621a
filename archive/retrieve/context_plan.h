// Which Presentation Contexts to propose to a C-MOVE destination, and over how many Associations: an
// Association has at most 128.
#pragma once

#include <vector>

#include "archive/retrieve/retrieve_plan.h"
#include "ingest/dimse/association.h"

namespace argent::archive {

struct StoreBatch {
  std::vector<ingest::ProposedContext> contexts;
  std::vector<const RetrieveInstance*> instances;  // in the order given
};

// For each SOP Class a context per stored Transfer Syntax, so that the peer decides about each; and where one
// of them is uncompressed one more with Explicit and Implicit VR Little Endian, which we can convert to. A
// SOP Class is never divided.
std::vector<StoreBatch> PlanStoreBatches(const std::vector<RetrieveInstance>& instances);

}  // namespace argent::archive
