// Where bytes lie in the log, and reading them back verified.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::storage {

// One data record: the segment, the file offset of its header and the number of payload bytes.
struct Extent {
  uint32_t segment = 0;
  uint64_t offset = 0;
  uint32_t length = 0;
  bool operator==(const Extent&) const = default;
};

// As facts and catalog rows have them: u32 count; each: u32 segment, u64 offset, u32 length.
void PutExtents(std::span<const Extent> extents, ByteWriter* writer);
// Empty, and the reader not ok(), when the bytes end before the last one.
std::vector<Extent> TakeExtents(ByteReader* reader);

// Reads what the log holds. Thread-safe.
class DataReader {
 public:
  using Sink = std::function<Status(ByteView)>;
  virtual ~DataReader() = default;
  // Hands bytes [position, position + length) of the concatenated payloads of `extents` to `sink`, in order,
  // in pieces of at most 2 MiB, each checked against its checksums first. kCorruption names segment and
  // offset; nothing unverified reaches the sink. kInvalidArgument when the range lies outside. The sink's
  // error ends the read and is returned.
  virtual Status Read(std::span<const Extent> extents, uint64_t position, uint64_t length,
                      const Sink& sink) = 0;
};

// The same bytes in memory; for ranges that the caller has bounded.
Result<std::string> ReadBytes(DataReader* reader, std::span<const Extent> extents, uint64_t position,
                              uint64_t length);

}  // namespace argent::storage
