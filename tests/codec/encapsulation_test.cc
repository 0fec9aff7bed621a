#include "codec/frame/encapsulation.h"

#include <gtest/gtest.h>

#include "storage/base/random.h"

namespace argent::codec {
namespace {

const std::string kJpegStart = "\xFF\xD8\xFF\xE0";

std::string Item(std::string_view value) {
  std::string item;
  ByteWriter writer(&item);
  writer.U32(0xE000FFFE);
  writer.U32(static_cast<uint32_t>(value.size()));
  return item.append(value);
}

std::string Offsets32(const std::vector<uint32_t>& offsets) {
  std::string table;
  ByteWriter writer(&table);
  for (const uint32_t offset : offsets) writer.U32(offset);
  return table;
}

std::string Offsets64(const std::vector<uint64_t>& offsets) {
  std::string table;
  ByteWriter writer(&table);
  for (const uint64_t offset : offsets) writer.U64(offset);
  return table;
}

std::string Value(std::string_view table, const std::vector<std::string>& fragments) {
  std::string value = Item(table);
  for (const std::string& fragment : fragments) value += Item(fragment);
  return value + EncapsulatedLayout::Tail();
}

// The Frames joined; a failure is one text "error: …".
std::vector<std::string> FramesOf(const std::string& value, uint64_t number_of_frames,
                                  FrameSplit* split = nullptr, std::string_view extended = {}) {
  MemoryValueSource source(AsBytes(value));
  EncapsulatedFrames::Hints hints;
  hints.number_of_frames = number_of_frames;
  hints.extended_offset_table = AsBytes(extended);
  const auto frames = EncapsulatedFrames::Read(&source, hints);
  if (!frames.ok()) return {"error: " + frames.status().ToString()};
  if (split != nullptr) *split = frames->split();
  std::vector<std::string> joined(frames->frame_count());
  for (size_t i = 0; i < joined.size(); ++i) {
    EXPECT_TRUE(frames->ReadFrame(&source, i, &joined[i]).ok());
    EXPECT_EQ(joined[i].size(), frames->FrameBytes(i));
  }
  return joined;
}

bool Refused(const std::vector<std::string>& frames) {
  return frames.size() == 1 &&
         frames[0].starts_with("error: " + std::string(StatusCodeName(StatusCode::kInvalidArgument)));
}

using Frames = std::vector<std::string>;

TEST(Encapsulation, BelievesABasicOffsetTableThatPointsAtFragments) {
  FrameSplit split{};
  const std::string value = Value(Offsets32({0, 20}), {"aa", "bb", "cccc"});
  EXPECT_EQ(FramesOf(value, 2, &split), (Frames{"aabb", "cccc"}));
  EXPECT_EQ(split, FrameSplit::kBasicOffsetTable);
}

TEST(Encapsulation, BelievesAnExtendedOffsetTable) {
  FrameSplit split{};
  const std::string value = Value("", {"aa", "bb", "cccc"});
  EXPECT_EQ(FramesOf(value, 2, &split, Offsets64({0, 10})), (Frames{"aa", "bbcccc"}));
  EXPECT_EQ(split, FrameSplit::kExtendedOffsetTable);
}

TEST(Encapsulation, DoesWithoutTablesWhereEachFragmentIsAFrame) {
  FrameSplit split{};
  for (const std::string& table : {std::string(), Offsets32({0, 3, 7}), Offsets32({10, 0, 20}),
                                   Offsets32({0}), Offsets32({0, 0, 0}), Offsets32({0, 10, 4'000'000'000})}) {
    EXPECT_EQ(FramesOf(Value(table, {"aa", "bb", "cc"}), 3, &split), (Frames{"aa", "bb", "cc"}));
    EXPECT_EQ(split, FrameSplit::kOneFragmentEach);
  }
}

TEST(Encapsulation, GivesASingleFrameAllFragments) {
  FrameSplit split{};
  EXPECT_EQ(FramesOf(Value("", {"aa", "bb", "cc"}), 1, &split), (Frames{"aabbcc"}));
  EXPECT_EQ(split, FrameSplit::kSingleFrame);
}

TEST(Encapsulation, LooksForCodestreamsWhereNothingElseTells) {
  FrameSplit split{};
  const std::string a = kJpegStart + "aa", b = kJpegStart + "bb";
  for (const std::string& table : {std::string(), Offsets32({0, 3})}) {
    EXPECT_EQ(FramesOf(Value(table, {a, "a2", b, "b2", "b3"}), 2, &split), (Frames{a + "a2", b + "b2b3"}));
    EXPECT_EQ(split, FrameSplit::kCodestreamStarts);
  }
  for (const std::string& start : {std::string("\xFF\x4F\xFF\x51"), std::string("\xFF\x0A"),
                                   std::string("\0\0\0\x0CJXL ", 8), std::string("\3\0\0\0\x40\0\0\0", 8)}) {
    EXPECT_EQ(FramesOf(Value("", {start, "xx", start}), 2), (Frames{start + "xx", start}));
  }
}

TEST(Encapsulation, RefusesToGuess) {
  const std::string a = kJpegStart + "aa";
  EXPECT_TRUE(Refused(FramesOf(Value("", {"aa", "bb", "cc"}), 2)));
  EXPECT_TRUE(Refused(FramesOf(Value("", {a, "bb", a, a}), 2)));
  EXPECT_TRUE(Refused(FramesOf(Value("", {"bb", a, a}), 2))) << "the first Fragment begins no codestream";
  EXPECT_TRUE(Refused(FramesOf(Value("", {"aa"}), 2)));
  EXPECT_TRUE(Refused(FramesOf(Value("", {}), 1)));
  EXPECT_TRUE(Refused(FramesOf(Value("", {"aa"}), 0)));
  EXPECT_TRUE(Refused(FramesOf(Value("", {"aa"}), ~uint64_t{0})));
}

TEST(Encapsulation, RefusesItemsThatAreNone) {
  const std::string value = Value("", {"aa", "bb"});
  EXPECT_TRUE(Refused(FramesOf("", 1)));
  EXPECT_TRUE(Refused(FramesOf(EncapsulatedLayout::Tail(), 1)));
  EXPECT_TRUE(Refused(FramesOf(value.substr(0, 17), 1))) << "within the first Fragment";
  EXPECT_TRUE(Refused(FramesOf(Item("") + Item("aa") + "no item.", 1)));
  EXPECT_EQ(FramesOf(value.substr(0, value.size() - 8), 1), (Frames{"aabb"}))
      << "the delimiter may be missing";
}

TEST(Encapsulation, ReadsItsOwnLayoutBack) {
  Random random(3);
  for (int round = 0; round < 50; ++round) {
    Frames frames(1 + random.Below(20));
    std::vector<uint64_t> lengths;
    for (std::string& frame : frames) {
      frame.assign(random.Below(100), 'x');
      lengths.push_back(frame.size());
    }
    const auto layout = EncapsulatedLayout::Create(lengths);
    ASSERT_TRUE(layout.ok());
    EXPECT_FALSE(layout->needs_extended_offset_table());
    std::string value = layout->Head();
    for (size_t i = 0; i < frames.size(); ++i) {
      value += layout->ItemHeader(i) + frames[i];
      value += layout->Padding(i);
      frames[i] += layout->Padding(i);
    }
    value += EncapsulatedLayout::Tail();
    EXPECT_EQ(value.size(), layout->value_bytes());
    FrameSplit split{};
    EXPECT_EQ(FramesOf(value, frames.size(), &split), frames);
    EXPECT_EQ(split, FrameSplit::kBasicOffsetTable);
    EXPECT_EQ(FramesOf(value, frames.size(), &split, layout->ExtendedOffsetTable()), frames);
    EXPECT_EQ(split, FrameSplit::kExtendedOffsetTable);
  }
}

TEST(Encapsulation, NeedsExtendedOffsetsBeyond4GiB) {
  const uint64_t half = uint64_t{1} << 31;
  const auto fits = EncapsulatedLayout::Create({half, half - 9, 3});
  ASSERT_TRUE(fits.ok());
  EXPECT_TRUE(fits->needs_extended_offset_table()) << "the third item begins at 2^32 + 8";
  EXPECT_EQ(fits->Head(), Item(""));
  EXPECT_EQ(fits->ExtendedOffsetTable(), Offsets64({0, half + 8, 2 * half + 8}));
  EXPECT_EQ(fits->ExtendedOffsetTableLengths(), Offsets64({half, half - 8, 4}));
  EXPECT_EQ(fits->value_bytes(), 8 + 2 * half + 8 + 8 + 4 + 8);
  const auto below = EncapsulatedLayout::Create({half, half - 24, 3});
  ASSERT_TRUE(below.ok());
  EXPECT_FALSE(below->needs_extended_offset_table());
  EXPECT_EQ(EncapsulatedLayout::Create({uint64_t{0xFFFFFFFE}}).status().code(), StatusCode::kUnsupported);
}

TEST(Encapsulation, PassesOnErrorsOfItsSource) {
  class Failing : public ValueSource {
   public:
    uint64_t size() const override { return 1000; }
    Status ReadAt(uint64_t, MutableByteView) override { return Status::IoError("the disk is gone"); }
  };
  Failing source;
  EXPECT_EQ(EncapsulatedFrames::Read(&source, {}).status().code(), StatusCode::kIoError);
}

}  // namespace
}  // namespace argent::codec
