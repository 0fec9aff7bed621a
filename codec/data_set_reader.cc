#include "codec/data_set_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "codec/dictionary.h"

namespace argent::codec {
namespace {

constexpr Vr kSq = MakeVr("SQ");
constexpr Vr kUn = MakeVr("UN");
constexpr uint16_t kDelimiterGroup = 0xFFFE;

uint16_t Load16(const uint8_t* p, Encoding encoding) {
  return encoding == Encoding::kExplicitBig ? LoadBe16(p) : LoadLe16(p);
}
uint32_t Load32(const uint8_t* p, Encoding encoding) {
  return encoding == Encoding::kExplicitBig ? LoadBe32(p) : LoadLe32(p);
}

bool IsUpperCase(uint8_t c) { return c >= 'A' && c <= 'Z'; }
bool IsPrintable(uint8_t c) { return c >= 0x20 && c < 0x7F; }

bool AllZero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t b) { return b == 0; });
}

}  // namespace

std::string TagText(Tag tag) { return fmt::format("({:04X},{:04X})", tag.group, tag.element); }

DataSetReader::DataSetReader(Encoding encoding, const ReadLimits& limits, DataSetVisitor* visitor)
    : limits_(limits), visitor_(visitor) {
  stack_.reserve(16);
  Frame root;
  root.encoding = encoding;
  stack_.push_back(root);
}

Status DataSetReader::Feed(ByteView bytes) {
  if (!failure_.ok()) return failure_;
  Status status = Consume(bytes);
  if (!status.ok()) failure_ = status;
  return status;
}

Status DataSetReader::Consume(ByteView bytes) {
  while (!bytes.empty()) {
    if (value_left_ > 0) {
      ARGENT_RETURN_IF_ERROR(TakeValue(&bytes));
    } else if (padding_) {
      ARGENT_RETURN_IF_ERROR(TakePadding(&bytes));
    } else {
      ARGENT_RETURN_IF_ERROR(TakeHeader(&bytes));
    }
  }
  return Status::Ok();
}

Status DataSetReader::TakeValue(ByteView* bytes) {
  const size_t taken = static_cast<size_t>(std::min<uint64_t>(value_left_, bytes->size()));
  if (value_wanted_) ARGENT_RETURN_IF_ERROR(visitor_->OnValue(bytes->first(taken)));
  *bytes = bytes->subspan(taken);
  position_ += taken;
  value_left_ -= taken;
  if (value_left_ > 0) return Status::Ok();
  if (value_wanted_) ARGENT_RETURN_IF_ERROR(visitor_->OnElementEnd());
  return position_ >= top().end ? CloseFinished() : Status::Ok();
}

Status DataSetReader::TakePadding(ByteView* bytes) {
  if (!AllZero(*bytes)) {
    return Status::InvalidArgument(fmt::format(
        "after byte {}: zero padding is followed by other bytes; the Data Set is damaged", position_));
  }
  position_ += bytes->size();
  *bytes = {};
  return Status::Ok();
}

// Parses in place where a whole header is at hand; only one cut by the end of the input is gathered in
// carry_.
Status DataSetReader::TakeHeader(ByteView* bytes) {
  if (carry_bytes_ == 0 && bytes->size() >= kHeaderBytesMax) {
    const size_t header_bytes = HeaderBytes(bytes->data());
    const uint8_t* p = bytes->data();
    *bytes = bytes->subspan(header_bytes);
    return ParseHeader(p, header_bytes);
  }
  size_t needed = carry_bytes_ < 8 ? 8 : HeaderBytes(carry_);
  const size_t taken = std::min(needed - carry_bytes_, bytes->size());
  std::copy_n(bytes->begin(), taken, carry_ + carry_bytes_);
  carry_bytes_ += taken;
  *bytes = bytes->subspan(taken);
  if (carry_bytes_ < needed || (needed == 8 && HeaderBytes(carry_) > carry_bytes_)) return Status::Ok();
  const size_t header_bytes = carry_bytes_;
  carry_bytes_ = 0;
  return ParseHeader(carry_, header_bytes);
}

// 8 or 12, from the first 8 bytes. Item and delimiter tags have neither VR nor a 2-byte length in any
// encoding.
size_t DataSetReader::HeaderBytes(const uint8_t* p) const {
  const Frame& frame = stack_.back();
  if (frame.encoding == Encoding::kImplicitLittle) return 8;
  if (frame.kind == Kind::kSequence || frame.kind == Kind::kFragments) return 8;
  if (Load16(p, frame.encoding) == kDelimiterGroup) return 8;
  const Vr vr{static_cast<char>(p[4]), static_cast<char>(p[5])};
  if (IsKnownVr(vr)) return HasLongLength(vr) ? 12 : 8;
  // All VRs added since 1993 with 32-bit lengths were two capital letters: so will be the next one.
  return IsUpperCase(p[4]) && IsUpperCase(p[5]) ? 12 : 8;
}

Status DataSetReader::ParseHeader(const uint8_t* p, size_t header_bytes) {
  Frame& frame = top();
  ElementHeader header;
  header.encoding = frame.encoding;
  header.tag = {Load16(p, frame.encoding), Load16(p + 2, frame.encoding)};
  header.position = position_;
  header.value_position = position_ + header_bytes;
  if (stack_.size() == 1 && header.tag == Tag{} && AllZero(ByteView(p, 8)) && element_count_ > 0) {
    Warn(header, "zero padding after the last Data Element");
    padding_ = true;
    position_ += header_bytes;
    return Status::Ok();
  }
  const bool item_like =
      frame.kind == Kind::kSequence || frame.kind == Kind::kFragments || header.tag.group == kDelimiterGroup;
  if (item_like) {
    header.length = Load32(p + 4, frame.encoding);
  } else if (frame.encoding == Encoding::kImplicitLittle) {
    header.length = LoadLe32(p + 4);
    header.vr = DictionaryVr(header.tag);
  } else {
    DecodeExplicit(p, header_bytes, &header);
  }
  if (++element_count_ > limits_.elements_max) {
    return Malformed(header,
                     fmt::format("more than {} Data Elements and items; the limit protects the archive from "
                                 "hostile Data Sets",
                                 limits_.elements_max));
  }
  if (header.value_position > frame.limit)
    return Malformed(header, "runs past the end of the item or sequence around it");
  position_ = header.value_position;
  switch (frame.kind) {
    case Kind::kSequence:
      return HandleInSequence(header);
    case Kind::kFragments:
      return HandleInFragments(header);
    default:
      return header.tag.group == kDelimiterGroup ? HandleDelimiter(header) : HandleElement(header);
  }
}

// VR letters that no edition of the standard has: capital letters are a VR of the future (32-bit length);
// what does not print is the length of an element that was written in Implicit VR; anything else ("??",
// blanks) comes from devices that wrote a short length behind it.
void DataSetReader::DecodeExplicit(const uint8_t* p, size_t header_bytes, ElementHeader* header) {
  header->vr = {static_cast<char>(p[4]), static_cast<char>(p[5])};
  header->length = header_bytes == 12 ? Load32(p + 8, header->encoding) : Load16(p + 6, header->encoding);
  if (IsKnownVr(header->vr)) return;
  if (header_bytes == 12) {
    Warn(*header, fmt::format("unknown VR {}, read as UN", header->vr.text()));
    header->vr = kUn;
  } else if (!IsPrintable(p[4]) || !IsPrintable(p[5])) {
    Warn(*header, "no VR where Explicit VR needs one, read as Implicit VR");
    header->length = Load32(p + 4, header->encoding);
    header->vr = DictionaryVr(header->tag);
  } else {
    Warn(*header, fmt::format("invalid VR (bytes {:02X} {:02X}), taken from the dictionary", p[4], p[5]));
    header->vr = DictionaryVr(header->tag);
    if (header->vr == kSq) header->vr = kUn;
  }
}

Status DataSetReader::HandleElement(const ElementHeader& header) {
  ARGENT_RETURN_IF_ERROR(CheckOrder(header));
  if (header.undefined_length()) {
    if (header.tag == tags::kPixelData && header.vr != kSq) return HandleFragments(header);
    if (header.vr == kSq || header.vr == kUn) return HandleSequence(header);
    return Malformed(header, fmt::format("undefined length with VR {}, which has none", header.vr.text()));
  }
  ARGENT_RETURN_IF_ERROR(CheckLength(header));
  if (header.vr == kSq) return HandleSequence(header);
  if ((header.length & 1) != 0) Warn(header, fmt::format("odd length {}", header.length));
  bool wanted = false;
  ARGENT_RETURN_IF_ERROR(visitor_->OnElement(header, &wanted));
  return BeginValue(header, wanted);
}

Status DataSetReader::BeginValue(const ElementHeader& header, bool wanted) {
  value_left_ = header.length;
  value_wanted_ = wanted;
  value_tag_ = header.tag;
  if (value_left_ > 0) return Status::Ok();
  if (wanted) ARGENT_RETURN_IF_ERROR(visitor_->OnElementEnd());
  return position_ >= top().end ? CloseFinished() : Status::Ok();
}

Status DataSetReader::HandleSequence(const ElementHeader& header) {
  if (nesting_ >= limits_.nesting_max) {
    return Malformed(
        header, fmt::format("sequences nested deeper than {}; the limit protects the archive from hostile "
                            "Data Sets",
                            limits_.nesting_max));
  }
  // PS3.5 6.2.2: UN of undefined length holds items in Implicit VR Little Endian, whatever is around it.
  const bool implicit_content = header.vr == kUn;
  ARGENT_RETURN_IF_ERROR(visitor_->OnSequence(header));
  ++nesting_;
  return Push(header, Kind::kSequence, implicit_content ? Encoding::kImplicitLittle : header.encoding);
}

Status DataSetReader::HandleFragments(const ElementHeader& header) {
  ARGENT_RETURN_IF_ERROR(visitor_->OnFragments(header));
  return Push(header, Kind::kFragments, header.encoding);
}

Status DataSetReader::HandleInSequence(const ElementHeader& header) {
  if (header.tag == tags::kItem) {
    if (!header.undefined_length()) ARGENT_RETURN_IF_ERROR(CheckLength(header));
    ++top().item_count;
    ARGENT_RETURN_IF_ERROR(visitor_->OnItem(header));
    return Push(header, Kind::kItem, header.encoding);
  }
  if (header.tag == tags::kSequenceDelimitation) {
    if (top().end == kNoEnd) return Pop();
    Warn(header, "a delimiter in a sequence of defined length");
    return CloseFinished();
  }
  return Malformed(header, "where an item or the end of the sequence should be");
}

Status DataSetReader::HandleInFragments(const ElementHeader& header) {
  if (header.tag == tags::kSequenceDelimitation) return Pop();
  if (header.tag != tags::kItem)
    return Malformed(header, "where a fragment of Pixel Data or its end should be");
  if (header.undefined_length()) return Malformed(header, "a fragment of Pixel Data of undefined length");
  ARGENT_RETURN_IF_ERROR(CheckLength(header));
  ++top().item_count;
  if ((header.length & 1) != 0) Warn(header, fmt::format("a fragment of odd length {}", header.length));
  bool wanted = false;
  ARGENT_RETURN_IF_ERROR(visitor_->OnFragment(header, &wanted));
  return BeginValue(header, wanted);
}

// A tag of group FFFE where an element is expected.
Status DataSetReader::HandleDelimiter(const ElementHeader& header) {
  const bool in_item = top().kind == Kind::kItem;
  if (header.tag == tags::kItemDelimitation && in_item) {
    if (top().end == kNoEnd) return Pop();
    Warn(header, "a delimiter in an item of defined length");
    return CloseFinished();
  }
  if (header.tag == tags::kSequenceDelimitation && in_item && top().end == kNoEnd) {
    Warn(header, "the sequence ends without the delimiter of its last item");
    ARGENT_RETURN_IF_ERROR(Pop());
    return top().end == kNoEnd ? Pop() : CloseFinished();
  }
  if (!in_item && header.tag != tags::kItem && header.length == 0) {
    Warn(header, "a delimiter that ends nothing, skipped");
    return Status::Ok();
  }
  if (header.tag == tags::kItem && !header.undefined_length()) {
    ARGENT_RETURN_IF_ERROR(CheckLength(header));
    Warn(header, "an item without its sequence, skipped");
    bool wanted = false;
    ARGENT_RETURN_IF_ERROR(visitor_->OnElement(header, &wanted));
    return BeginValue(header, wanted);
  }
  return Malformed(header, "an item or delimiter where a Data Element should be");
}

Status DataSetReader::Push(const ElementHeader& header, Kind kind, Encoding encoding) {
  Frame frame;
  frame.kind = kind;
  frame.encoding = encoding;
  frame.tag = header.tag;
  frame.end = header.undefined_length() ? kNoEnd : header.value_position + header.length;
  frame.limit = std::min(top().limit, frame.end);
  stack_.push_back(frame);
  return position_ >= frame.end ? CloseFinished() : Status::Ok();
}

Status DataSetReader::Pop() {
  const Kind kind = top().kind;
  stack_.pop_back();
  switch (kind) {
    case Kind::kItem:
      ARGENT_RETURN_IF_ERROR(visitor_->OnItemEnd());
      break;
    case Kind::kFragments:
      ARGENT_RETURN_IF_ERROR(visitor_->OnFragmentsEnd(position_));
      break;
    default:
      --nesting_;
      ARGENT_RETURN_IF_ERROR(visitor_->OnSequenceEnd());
      break;
  }
  return position_ >= top().end ? CloseFinished() : Status::Ok();
}

// Ends the containers of defined length that end here. Pop() comes back for the next one out, at most 2 *
// nesting_max deep.
Status DataSetReader::CloseFinished() {
  return stack_.size() > 1 && position_ >= top().end ? Pop() : Status::Ok();
}

Status DataSetReader::CheckOrder(const ElementHeader& header) {
  Frame& frame = top();
  const int64_t packed = header.tag.packed();
  if (packed <= frame.last_tag) [[unlikely]] {
    Warn(header,
         packed == frame.last_tag ? "appears twice, the first one counts" : "not in ascending order of tags");
  }
  if (header.tag.group < 0x0008 && packed != frame.last_tag) {
    Warn(header, "a tag of a group that no Data Set may contain");
  }
  frame.last_tag = packed;
  return Status::Ok();
}

Status DataSetReader::CheckLength(const ElementHeader& header) {
  const uint64_t limit = top().limit;
  if (header.value_position + header.length <= limit) return Status::Ok();
  return Malformed(
      header, fmt::format("its length {} runs past the end of the item or sequence around it by {} bytes",
                          header.length, header.value_position + header.length - limit));
}

Status DataSetReader::Finish() {
  if (!failure_.ok()) return failure_;
  if (value_left_ > 0) {
    return failure_ = Status::InvalidArgument(
               fmt::format("{}: the Data Set ends {} bytes before the end of this value",
                           Where(value_tag_, position_), value_left_));
  }
  // One zero byte may be the first of a tag that was cut off; two are not, as no Data Set has group 0000.
  const bool padding_tail =
      carry_bytes_ != 1 && stack_.size() == 1 && AllZero(ByteView(carry_, carry_bytes_));
  if (carry_bytes_ > 0 && !padding_tail) {
    return failure_ = Status::InvalidArgument(
               fmt::format("at byte {}: the Data Set ends inside the header of a Data Element", position_));
  }
  if (stack_.size() > 1) {
    const bool item = top().kind == Kind::kItem;
    const Tag tag = item ? stack_[stack_.size() - 2].tag : top().tag;
    return failure_ = Status::InvalidArgument(fmt::format("{}: the Data Set ends before this {} does",
                                                          Where(tag, position_), item ? "item" : "sequence"));
  }
  return Status::Ok();
}

// "(0040,0275)[2].(0008,1150) at byte 1234".
std::string DataSetReader::Where(Tag tag, uint64_t position) const {
  std::string path;
  for (size_t i = 1; i < stack_.size(); ++i) {
    if (stack_[i].kind != Kind::kItem)
      path += fmt::format("{}[{}].", TagText(stack_[i].tag), stack_[i].item_count);
  }
  return fmt::format("{}{} at byte {}", path, TagText(tag), position);
}

Status DataSetReader::Malformed(const ElementHeader& header, std::string_view what) const {
  return Status::InvalidArgument(fmt::format("{}: {}", Where(header.tag, header.position), what));
}

void DataSetReader::Warn(const ElementHeader& header, std::string_view what) {
  if (warning_count_ >= kReadWarningsMax) return;
  ++warning_count_;
  visitor_->OnWarning(fmt::format("{}: {}", Where(header.tag, header.position), what));
}

}  // namespace argent::codec
