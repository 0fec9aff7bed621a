// What a Data Set says about its Pixel Data, as far as encoding it otherwise must know: read from the encoded
// Data Set itself, the part before Pixel Data and the part behind, in bounded memory.
#pragma once

#include <cstdint>
#include <string>

#include "codec/data_set.h"
#include "codec/frame/pixel_format.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::codec {

struct ImageDescription {
  PixelFormat format;                      // not yet validated
  uint64_t number_of_frames = 1;           // (0028,0008)
  bool lossy = false;                      // (0028,2110) is "01"
  bool has_digital_signature = false;      // (4FFE,0001) or (FFFA,FFFA)
  bool has_overlay_in_pixel_data = false;  // (60xx,0102) other than 0 without Overlay Data (60xx,3000)
  bool is_image = false;                   // Rows, Columns and Bits Allocated are there
  std::string extended_offset_table;       // the value of (7FE0,0001), little endian; empty when absent
};

// `before` ends where the Pixel Data element begins, anywhere within its header, or at the end of the Data
// Set; `after` begins behind its value and may be empty. Only top-level elements count. kInvalidArgument when
// the structure is malformed or an attribute is not a number.
Result<ImageDescription> DescribeImage(ByteView before, ByteView after, Encoding encoding);

}  // namespace argent::codec
