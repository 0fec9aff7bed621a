// Recognising how a Data Set is encoded from its first bytes. Internal to codec/.
#pragma once

#include <optional>

#include "codec/data_set.h"
#include "storage/base/bytes.h"

namespace argent::codec {

// The encoding in which `front`, the first bytes of a Data Set (all of it when `complete`), begins with
// plausible Data Elements: known VR letters, or tags of the dictionary with lengths that lead from one to the
// next, in ascending order. nullopt when in none.
std::optional<Encoding> RecogniseEncoding(ByteView front, bool complete);

}  // namespace argent::codec
