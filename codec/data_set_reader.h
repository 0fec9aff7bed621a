// The one parser of encoded Data Sets (PS3.5 section 7): the scanner, the transcoder and DataSet::Parse() are
// visitors of it. Streams: bytes come in any split, nothing is buffered but a header of at most 12 bytes,
// nested containers live on an explicit stack. What real devices get wrong in harmless ways is tolerated with
// a warning; what makes the structure uncertain is refused with the tag path and byte position. Internal to
// codec/. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/data_set.h"
#include "codec/tag.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::codec {

inline constexpr uint32_t kUndefinedLength = 0xFFFFFFFF;

struct ElementHeader {
  Tag tag;
  Vr vr;  // Implicit VR: the dictionary's; UN when that does not know the tag, and for items
  uint32_t length = 0;
  uint64_t position = 0;        // of the tag, from the start of the Data Set
  uint64_t value_position = 0;  // behind tag, VR and length
  Encoding encoding =
      Encoding::kExplicitLittle;  // of this element; within UN of undefined length Implicit VR LE
  bool undefined_length() const { return length == kUndefinedLength; }
};

// Receives the structure in order. A failure stops the reader, which returns it.
class DataSetVisitor {
 public:
  virtual ~DataSetVisitor() = default;
  // A Data Element with a plain value. With *wants_value set its value follows by OnValue(), in parts, and
  // OnElementEnd(); otherwise the value is skipped and nothing follows. An item that real devices leave
  // without its sequence comes here too, with the tag of an item.
  virtual Status OnElement(const ElementHeader& header, bool* wants_value) = 0;
  virtual Status OnValue(ByteView part) = 0;
  virtual Status OnElementEnd() = 0;
  virtual Status OnSequence(const ElementHeader& header) = 0;
  virtual Status OnItem(const ElementHeader& header) = 0;
  virtual Status OnItemEnd() = 0;
  virtual Status OnSequenceEnd() = 0;
  // Encapsulated Pixel Data (PS3.5 A.4): fragments, the Basic Offset Table item among them. Values as for
  // OnElement().
  virtual Status OnFragments(const ElementHeader& header) = 0;
  virtual Status OnFragment(const ElementHeader& header, bool* wants_value) = 0;
  virtual Status OnFragmentsEnd(uint64_t end_position) = 0;
  // A tolerated irregularity; at most kReadWarningsMax per Data Set.
  virtual void OnWarning(std::string message) = 0;
};

inline constexpr int kReadWarningsMax = 16;

struct ReadLimits {
  uint64_t elements_max = 1'000'000;  // all levels together, items and fragments counted
  int nesting_max = 64;               // sequences within sequences
};

class DataSetReader {
 public:
  // `visitor` must live as long as the reader.
  DataSetReader(Encoding encoding, const ReadLimits& limits, DataSetVisitor* visitor);

  // kInvalidArgument: malformed or beyond a limit; then every later call fails the same way.
  Status Feed(ByteView bytes);
  // kInvalidArgument when the Data Set ends inside an element, an item or a sequence.
  Status Finish();

  uint64_t position() const { return position_; }
  uint64_t element_count() const { return element_count_; }

 private:
  enum class Kind : uint8_t { kDataSet, kItem, kSequence, kFragments };
  static constexpr uint64_t kNoEnd = ~uint64_t{0};
  static constexpr size_t kHeaderBytesMax = 12;

  struct Frame {
    Kind kind = Kind::kDataSet;
    Encoding encoding = Encoding::kExplicitLittle;
    Tag tag;                  // of the sequence or the fragments
    uint32_t item_count = 0;  // items begun in this sequence
    int64_t last_tag = -1;    // in a Data Set or an item
    uint64_t end = kNoEnd;    // of this container; kNoEnd: a delimiter ends it
    uint64_t limit = kNoEnd;  // the nearest end of this and all enclosing containers
  };

  Status Consume(ByteView bytes);
  Status TakeValue(ByteView* bytes);
  Status TakeHeader(ByteView* bytes);
  Status TakePadding(ByteView* bytes);
  size_t HeaderBytes(const uint8_t* p) const;
  Status ParseHeader(const uint8_t* p, size_t header_bytes);
  void DecodeExplicit(const uint8_t* p, size_t header_bytes, ElementHeader* header);
  Status HandleElement(const ElementHeader& header);
  Status HandleSequence(const ElementHeader& header);
  Status HandleFragments(const ElementHeader& header);
  Status HandleInSequence(const ElementHeader& header);
  Status HandleInFragments(const ElementHeader& header);
  Status HandleDelimiter(const ElementHeader& header);
  Status BeginValue(const ElementHeader& header, bool wanted);
  Status Push(const ElementHeader& header, Kind kind, Encoding encoding);
  Status Pop();
  Status CloseFinished();
  Status CheckOrder(const ElementHeader& header);
  Status CheckLength(const ElementHeader& header);

  Frame& top() { return stack_.back(); }
  std::string Where(Tag tag, uint64_t position) const;
  Status Malformed(const ElementHeader& header, std::string_view what) const;
  void Warn(const ElementHeader& header, std::string_view what);

  const ReadLimits limits_;
  DataSetVisitor* const visitor_;

  std::vector<Frame> stack_;
  uint64_t position_ = 0;
  uint64_t element_count_ = 0;
  int nesting_ = 0;
  int warning_count_ = 0;
  uint64_t value_left_ = 0;
  bool value_wanted_ = false;
  Tag value_tag_;
  bool padding_ = false;  // only zeros may follow
  uint8_t carry_[kHeaderBytesMax] = {};
  size_t carry_bytes_ = 0;
  Status failure_;
};

// "(0040,0275)".
std::string TagText(Tag tag);

}  // namespace argent::codec
