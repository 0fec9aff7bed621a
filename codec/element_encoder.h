// Encodes headers of Data Elements, items and delimiters (PS3.5 section 7.1 and 7.5). Internal to codec/.
#pragma once

#include <string>

#include "codec/data_set.h"

namespace argent::codec {

class ElementEncoder {
 public:
  // Appends to `out`, which must live as long.
  ElementEncoder(Encoding encoding, std::string* out) : encoding_(encoding), out_(out) {}

  // A VR with a 16-bit length field and a longer value becomes UN (PS3.5 6.2.2), which is why the VR written
  // is returned.
  Vr ElementHeader(Tag tag, Vr vr, uint32_t length);
  // Items and delimiters, which have no VR.
  void ItemHeader(Tag tag, uint32_t length);
  // Overwrites the 32-bit length that the last 4 bytes of a header ending at `header_end` hold.
  void PatchLength(size_t header_end, uint32_t length);

 private:
  void U16(uint16_t value);
  void U32(uint32_t value);

  Encoding encoding_;
  std::string* out_;
};

// What makes a value of this VR even in length: a space for text, NUL for UI and binary.
char PaddingOf(Vr vr);

}  // namespace argent::codec
