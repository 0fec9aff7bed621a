// Base64 (RFC 4648 section 4).
#pragma once

#include <string>

#include "storage/base/bytes.h"

namespace argent::codec {

void AppendBase64(ByteView bytes, std::string* out);

}  // namespace argent::codec
