// Attributes of received Instances, divided among the levels of the information model. First received wins;
// later ones fill in.
#pragma once

#include "codec/catalog_attributes.h"
#include "codec/data_set.h"

namespace argent::archive {

// Adds the elements of `attributes` that belong to `level` and that `target` lacks or has without a value.
// True when `target` changed.
bool FillInLevel(const codec::DataSet& attributes, codec::Level level, codec::DataSet* target);

}  // namespace argent::archive
