#include "codec/frame/encapsulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "storage/base/check.h"

namespace argent::codec {
namespace {

constexpr size_t kItemHeaderBytes = 8;
constexpr uint32_t kItemTag = 0xE000FFFE;  // (FFFE,E000) as a little-endian word
constexpr uint32_t kSequenceDelimitationTag = 0xE0DDFFFE;
constexpr uint64_t kFragmentBytesMax = 0xFFFFFFFE;

Status Malformed(uint64_t position, std::string_view what) {
  return Status::InvalidArgument(fmt::format("encapsulated Pixel Data, byte {}: {}", position, what));
}

// Reads items one after the other through a window, so that a value of small Fragments is not read header by
// header.
class ItemWalker {
 public:
  explicit ItemWalker(ValueSource* source) : source_(source) {}

  // The next item; false at the end of the value or its delimiter.
  Result<bool> Next(Fragment* item) {
    if (source_->size() - position_ < kItemHeaderBytes) {
      // Some senders leave the delimiter out; anything shorter than a header is padding of theirs.
      return false;
    }
    uint8_t header[kItemHeaderBytes];
    ARGENT_RETURN_IF_ERROR(Peek(header));
    const uint32_t tag = LoadLe32(header);
    if (tag == kSequenceDelimitationTag) return false;
    if (tag != kItemTag) return Malformed(position_, "neither an item nor the end of the sequence");
    item->position = position_ + kItemHeaderBytes;
    item->length = LoadLe32(header + 4);
    if (item->length > source_->size() - item->position) return Malformed(position_, "the item is truncated");
    position_ = item->position + item->length;
    return true;
  }

 private:
  static constexpr size_t kWindowBytes = size_t{64} << 10;

  Status Peek(uint8_t (&header)[kItemHeaderBytes]) {
    if (position_ < window_position_ || position_ + kItemHeaderBytes > window_position_ + window_.size()) {
      window_.resize(std::min<uint64_t>(kWindowBytes, source_->size() - position_));
      window_position_ = position_;
      ARGENT_RETURN_IF_ERROR(source_->ReadAt(position_, window_));
    }
    const auto at = window_.begin() + static_cast<std::ptrdiff_t>(position_ - window_position_);
    std::copy(at, at + kItemHeaderBytes, header);
    return Status::Ok();
  }

  ValueSource* const source_;
  uint64_t position_ = 0;
  std::vector<uint8_t> window_;
  uint64_t window_position_ = 0;
};

Result<std::vector<uint64_t>> ReadBasicOffsetTable(ValueSource* source, const Fragment& item,
                                                   uint64_t number_of_frames) {
  std::vector<uint64_t> offsets;
  if (item.length != number_of_frames * 4) return offsets;  // of no use
  std::vector<uint8_t> bytes(item.length);
  ARGENT_RETURN_IF_ERROR(source->ReadAt(item.position, bytes));
  for (size_t i = 0; i < bytes.size(); i += 4) offsets.push_back(LoadLe32(bytes.data() + i));
  return offsets;
}

std::vector<uint64_t> ParseExtendedOffsetTable(ByteView bytes, uint64_t number_of_frames) {
  std::vector<uint64_t> offsets;
  if (bytes.size() != number_of_frames * 8) return offsets;
  for (size_t i = 0; i < bytes.size(); i += 8) offsets.push_back(LoadLe64(bytes.data() + i));
  return offsets;
}

// The first Fragment of each Frame where every offset is that of an item and they ascend; else empty. Offsets
// count from the first item behind the Basic Offset Table.
std::vector<size_t> StartsAtOffsets(const std::vector<Fragment>& fragments,
                                    const std::vector<uint64_t>& offsets) {
  std::vector<size_t> starts;
  if (fragments.empty() || offsets.empty() || offsets[0] != 0) return starts;
  const uint64_t origin = fragments[0].position;
  size_t fragment = 0;
  for (const uint64_t offset : offsets) {
    while (fragment < fragments.size() && fragments[fragment].position - origin < offset) ++fragment;
    const bool hit = fragment < fragments.size() && fragments[fragment].position - origin == offset;
    if (!hit || (!starts.empty() && starts.back() == fragment)) return {};
    starts.push_back(fragment);
  }
  return starts;
}

// What a codestream of any kind that the Standard encapsulates may begin with.
bool BeginsCodestream(ByteView head) {
  constexpr std::string_view kJpeg{"\xFF\xD8\xFF"}, kJpeg2000{"\xFF\x4F\xFF\x51"}, kJpegXl{"\xFF\x0A"};
  constexpr std::string_view kJpegXlBox{"\0\0\0\x0CJXL ", 8}, kJp2Box{"\0\0\0\x0CjP  ", 8};
  const std::string_view text = AsText(head);
  if (text.starts_with(kJpeg) || text.starts_with(kJpeg2000) || text.starts_with(kJpegXl) ||
      text.starts_with(kJpegXlBox) || text.starts_with(kJp2Box)) {
    return true;
  }
  // RLE (PS3.5 G.5): a count of segments, then the first one's offset, which is the header's length.
  return head.size() >= 8 && LoadLe32(head.data()) >= 1 && LoadLe32(head.data()) <= 15 &&
         LoadLe32(head.data() + 4) == 64;
}

Result<std::vector<size_t>> StartsOfCodestreams(ValueSource* source, const std::vector<Fragment>& fragments) {
  std::vector<size_t> starts;
  std::array<uint8_t, 8> head;
  for (size_t i = 0; i < fragments.size(); ++i) {
    const size_t length = std::min<size_t>(head.size(), fragments[i].length);
    ARGENT_RETURN_IF_ERROR(source->ReadAt(fragments[i].position, MutableByteView(head).first(length)));
    if (BeginsCodestream(ByteView(head).first(length))) starts.push_back(i);
  }
  return starts;
}

}  // namespace

Status MemoryValueSource::ReadAt(uint64_t position, MutableByteView out) {
  ARGENT_CHECK(position <= bytes_.size() && out.size() <= bytes_.size() - position);
  const ByteView from = bytes_.subspan(position, out.size());
  std::copy(from.begin(), from.end(), out.begin());
  return Status::Ok();
}

Result<EncapsulatedFrames> EncapsulatedFrames::Read(ValueSource* source, const Hints& hints) {
  EncapsulatedFrames frames;
  ItemWalker walker(source);
  Fragment table;
  ARGENT_ASSIGN_OR_RETURN(const bool has_table, walker.Next(&table));
  if (!has_table) return Malformed(0, "there is no Basic Offset Table item");
  for (Fragment fragment;;) {
    ARGENT_ASSIGN_OR_RETURN(const bool more, walker.Next(&fragment));
    if (!more) break;
    if (frames.fragments_.size() == kFragmentsMax) return Malformed(fragment.position, "too many Fragments");
    frames.fragments_.push_back(fragment);
  }
  if (hints.number_of_frames == 0 || hints.number_of_frames > frames.fragments_.size()) {
    return Malformed(
        0, fmt::format("{} Fragments cannot be {} Frames", frames.fragments_.size(), hints.number_of_frames));
  }
  ARGENT_RETURN_IF_ERROR(frames.Split(source, table, hints));
  return frames;
}

// Tables first: they alone can tell Frames of several Fragments apart for certain. Only then what is usual.
Status EncapsulatedFrames::Split(ValueSource* source, const Fragment& table, const Hints& hints) {
  const uint64_t count = hints.number_of_frames;
  first_fragment_ = StartsAtOffsets(fragments_, ParseExtendedOffsetTable(hints.extended_offset_table, count));
  split_ = FrameSplit::kExtendedOffsetTable;
  if (first_fragment_.empty()) {
    ARGENT_ASSIGN_OR_RETURN(const std::vector<uint64_t> offsets, ReadBasicOffsetTable(source, table, count));
    first_fragment_ = StartsAtOffsets(fragments_, offsets);
    split_ = FrameSplit::kBasicOffsetTable;
  }
  if (first_fragment_.empty() && count == 1) {
    first_fragment_ = {0};
    split_ = FrameSplit::kSingleFrame;
  }
  if (first_fragment_.empty() && count == fragments_.size()) {
    for (size_t i = 0; i < count; ++i) first_fragment_.push_back(i);
    split_ = FrameSplit::kOneFragmentEach;
  }
  if (first_fragment_.empty()) {
    ARGENT_ASSIGN_OR_RETURN(first_fragment_, StartsOfCodestreams(source, fragments_));
    split_ = FrameSplit::kCodestreamStarts;
    if (first_fragment_.size() != count || first_fragment_[0] != 0) {
      return Malformed(0, fmt::format("{} Fragments hold {} codestreams, which are not {} Frames, and no "
                                      "offset table helps",
                                      fragments_.size(), first_fragment_.size(), count));
    }
  }
  first_fragment_.push_back(fragments_.size());
  return Status::Ok();
}

std::span<const Fragment> EncapsulatedFrames::frame(size_t index) const {
  ARGENT_CHECK(index < frame_count());
  return std::span(fragments_)
      .subspan(first_fragment_[index], first_fragment_[index + 1] - first_fragment_[index]);
}

uint64_t EncapsulatedFrames::FrameBytes(size_t index) const {
  uint64_t bytes = 0;
  for (const Fragment& fragment : frame(index)) bytes += fragment.length;
  return bytes;
}

Status EncapsulatedFrames::ReadFrame(ValueSource* source, size_t index, std::string* codestream) const {
  codestream->resize(FrameBytes(index));
  auto* to = reinterpret_cast<uint8_t*>(codestream->data());
  for (const Fragment& fragment : frame(index)) {
    ARGENT_RETURN_IF_ERROR(source->ReadAt(fragment.position, {to, fragment.length}));
    to += fragment.length;
  }
  return Status::Ok();
}

Result<EncapsulatedLayout> EncapsulatedLayout::Create(std::vector<uint64_t> codestream_lengths) {
  EncapsulatedLayout layout;
  layout.lengths_ = std::move(codestream_lengths);
  uint64_t offset = 0;
  for (const uint64_t length : layout.lengths_) {
    if (length > kFragmentBytesMax - 1) {
      return Status::Unsupported(fmt::format("a codestream of {} bytes does not fit a Fragment", length));
    }
    layout.offsets_.push_back(offset);
    offset += kItemHeaderBytes + length + length % 2;
  }
  const bool offsets_fit =
      layout.offsets_.empty() || layout.offsets_.back() <= std::numeric_limits<uint32_t>::max();
  layout.needs_extended_ = !offsets_fit || layout.offsets_.size() * 4 > kFragmentBytesMax;
  const uint64_t table = layout.needs_extended_ ? 0 : layout.offsets_.size() * 4;
  layout.value_bytes_ = kItemHeaderBytes + table + offset + Tail().size();
  return layout;
}

std::string EncapsulatedLayout::Head() const {
  std::string head;
  ByteWriter writer(&head);
  writer.U32(kItemTag);
  writer.U32(needs_extended_ ? 0 : static_cast<uint32_t>(offsets_.size() * 4));
  if (needs_extended_) return head;
  for (const uint64_t offset : offsets_) writer.U32(static_cast<uint32_t>(offset));
  return head;
}

std::string EncapsulatedLayout::ItemHeader(size_t index) const {
  std::string header;
  ByteWriter writer(&header);
  writer.U32(kItemTag);
  writer.U32(static_cast<uint32_t>(lengths_[index] + lengths_[index] % 2));
  return header;
}

std::string_view EncapsulatedLayout::Padding(size_t index) const {
  return std::string_view("\0", lengths_[index] % 2);
}

std::string EncapsulatedLayout::Tail() {
  std::string tail;
  ByteWriter writer(&tail);
  writer.U32(kSequenceDelimitationTag);
  writer.U32(0);
  return tail;
}

std::string EncapsulatedLayout::ExtendedOffsetTable() const {
  std::string table;
  ByteWriter writer(&table);
  for (const uint64_t offset : offsets_) writer.U64(offset);
  return table;
}

std::string EncapsulatedLayout::ExtendedOffsetTableLengths() const {
  std::string table;
  ByteWriter writer(&table);
  for (const uint64_t length : lengths_) writer.U64(length + length % 2);
  return table;
}

}  // namespace argent::codec
