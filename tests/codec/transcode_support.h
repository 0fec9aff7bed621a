// Transcoding bytes to bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/transfer_syntax.h"

namespace argent::codec {

// The converted Data Set, fed whole (seed 0) or in pieces of random length. A failure is a test failure and
// gives "".
std::string Transcode(std::string_view data_set, std::string_view from_uid, std::string_view to_uid,
                      uint64_t seed = 0);

}  // namespace argent::codec
