// Encapsulated Pixel Data (PS3.5 A.4): which Fragments make which Frame, and writing such a value.
//
// Reading walks item headers through an interface, so that an Instance of any size costs its index only.
// Basic and Extended Offset Tables are believed only as far as they point at Fragments; where they are empty,
// wrong or missing the Fragments themselves tell. Positions are bytes from the start of the value, which is
// the first byte of the Basic Offset Table's item header (scanner.h: PixelDataLocation).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::codec {

// Bytes of a value that need not be in memory.
class ValueSource {
 public:
  virtual ~ValueSource() = default;
  virtual uint64_t size() const = 0;
  // Fills `out` from `position`; the caller stays within size().
  virtual Status ReadAt(uint64_t position, MutableByteView out) = 0;
};

// A value in memory; the bytes must outlive it.
class MemoryValueSource : public ValueSource {
 public:
  explicit MemoryValueSource(ByteView bytes) : bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  Status ReadAt(uint64_t position, MutableByteView out) override;

 private:
  ByteView bytes_;
};

struct Fragment {
  uint64_t position = 0;  // of its first byte, behind the item header
  uint32_t length = 0;    // padding byte included
  bool operator==(const Fragment&) const = default;
};

// How Frames were told apart; for reports about senders.
enum class FrameSplit : uint8_t {
  kBasicOffsetTable,
  kExtendedOffsetTable,
  kOneFragmentEach,   // as many Fragments as Frames
  kSingleFrame,       // one Frame has them all
  kCodestreamStarts,  // no table helped: Fragments that begin like a codestream begin a Frame
};

class EncapsulatedFrames {
 public:
  struct Hints {
    uint64_t number_of_frames = 1;   // (0028,0008); 1 when absent
    ByteView extended_offset_table;  // (7FE0,0001), value as encoded, little endian; empty when absent
  };
  static constexpr uint64_t kFragmentsMax = 4'000'000;

  // kInvalidArgument: items malformed or beyond the value, more than kFragmentsMax Fragments, or no way to
  // tell number_of_frames Frames apart. An error of `source` is returned as it is.
  static Result<EncapsulatedFrames> Read(ValueSource* source, const Hints& hints);

  size_t frame_count() const { return first_fragment_.size() - 1; }
  // The Fragments of a Frame in order: joined, they are its codestream (a padding byte may follow).
  std::span<const Fragment> frame(size_t index) const;
  // Bytes of the joined codestream.
  uint64_t FrameBytes(size_t index) const;
  FrameSplit split() const { return split_; }
  const std::vector<Fragment>& fragments() const { return fragments_; }

  // Joins the Fragments of one Frame.
  Status ReadFrame(ValueSource* source, size_t index, std::string* codestream) const;

 private:
  EncapsulatedFrames() = default;
  Status Split(ValueSource* source, const Fragment& table, const Hints& hints);

  std::vector<Fragment> fragments_;
  std::vector<size_t> first_fragment_;  // of each Frame, and the end
  FrameSplit split_ = FrameSplit::kSingleFrame;
};

// The bytes around codestreams in an encapsulated value with one Fragment for each Frame: written in order
// Head(), then for each Frame ItemHeader(i), its codestream, Padding(i), and Tail() at the end. Lengths are
// known beforehand, so a value of any size is streamed.
class EncapsulatedLayout {
 public:
  // kUnsupported: a codestream passes 2^32 - 2 bytes, which a Fragment cannot hold.
  static Result<EncapsulatedLayout> Create(std::vector<uint64_t> codestream_lengths);

  // The Basic Offset Table's item: filled, or empty when an offset passes 2^32 - 1 (then the Extended Offset
  // Table must be in the Data Set: PS3.3 C.7.6.3.1.8).
  std::string Head() const;
  std::string ItemHeader(size_t index) const;
  std::string_view Padding(size_t index) const;          // a NUL after an odd length
  static std::string Tail();                             // the Sequence Delimitation Item
  uint64_t value_bytes() const { return value_bytes_; }  // Head() to Tail()

  bool needs_extended_offset_table() const { return needs_extended_; }
  std::string ExtendedOffsetTable() const;         // value of (7FE0,0001), OV
  std::string ExtendedOffsetTableLengths() const;  // value of (7FE0,0002), OV; padding counted

 private:
  EncapsulatedLayout() = default;

  std::vector<uint64_t> lengths_;
  std::vector<uint64_t> offsets_;  // of each item from the first byte behind the Basic Offset Table
  bool needs_extended_ = false;
  uint64_t value_bytes_ = 0;
};

}  // namespace argent::codec
