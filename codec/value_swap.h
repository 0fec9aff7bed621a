// Byte order of values (PS3.5 section 7.3): which unit a VR is made of, and reversing it. Internal to codec/.
#pragma once

#include <cstddef>

#include "codec/data_set.h"
#include "storage/base/bytes.h"

namespace argent::codec {

// 2, 4 or 8 for VRs made of binary words; 1 for those that byte order does not touch (text, OB, UN).
size_t WordBytes(Vr vr);
// Reverses the bytes of every whole word; a rest shorter than a word stays as it is.
void SwapWords(MutableByteView bytes, size_t word_bytes);

}  // namespace argent::codec
