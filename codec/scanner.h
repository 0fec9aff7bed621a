// Streaming scan of a received Data Set: finds the UIDs, the catalog attributes and where Pixel Data lies, in
// one pass over bytes as they arrive, in bounded memory, without building objects. It never changes or copies
// the Data Set.
//
// Feed() bytes in order, any split; Finish() judges the whole. A Data Set that breaks a limit or the encoding
// rules (PS3.5 section 7) is refused with the tag path and the byte position in the message. Big values
// (Pixel Data among them) are skipped over, not kept. Not thread-safe; one Scanner per Data Set.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "codec/data_set.h"
#include "codec/transfer_syntax.h"
#include "codec/uid.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::codec {

// FACTS: nesting, element count, deflate ratio are what hostile files attack.
struct ScanLimits {
  uint64_t data_set_bytes_max = uint64_t{1} << 36;  // 64 GiB; whole-slide Instances pass 4 GiB
  uint64_t elements_max = 1'000'000;                // all levels together, items counted
  int nesting_max = 64;
  uint64_t inflated_bytes_max = uint64_t{2} << 30;
  uint64_t inflate_ratio_max = 200;  // checked after the first MiB of output
};

// Pixel Data, Float Pixel Data or Double Float Pixel Data at the top level. Positions are bytes from the
// start of the (inflated, when deflated) Data Set.
struct PixelDataLocation {
  Tag tag;  // {0,0} when there is none
  Vr vr;
  uint64_t value_position =
      0;  // first byte of the value; encapsulated: of the Basic Offset Table item's header
  uint64_t value_length = 0;  // encapsulated: up to and including the sequence delimiter
  bool encapsulated = false;
  uint64_t fragment_count = 0;  // without the Basic Offset Table
  bool present() const { return tag.group != 0; }
};

struct ScanResult {
  StudyInstanceUid study_uid;
  SeriesInstanceUid series_uid;
  SopInstanceUid sop_instance_uid;
  SopClassUid sop_class_uid;
  DataSet attributes;  // the catalog attributes present, UTF-8 (character_set.h), (0008,0005) as received
  PixelDataLocation pixel_data;
  uint64_t data_set_bytes = 0;  // as received (compressed when deflated)
  uint64_t element_count = 0;
  std::vector<std::string>
      warnings;  // tolerated irregularities: odd lengths, bad VRs, wrong charset (at most 16)
};

class Scanner {
 public:
  Scanner(TransferSyntax syntax, ScanLimits limits);
  ~Scanner();
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  // kInvalidArgument: malformed or beyond a limit; then every later call fails the same way.
  Status Feed(ByteView bytes);
  // The Data Set is complete. kInvalidArgument when it ends inside an element or an item, or when Study,
  // Series or SOP Instance or SOP Class UID is missing or not acceptable (uid.h); the message names which.
  Result<ScanResult> Finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace argent::codec
