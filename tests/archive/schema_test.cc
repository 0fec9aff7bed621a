#include "archive/model/schema.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "storage/base/random.h"

namespace argent::archive {
namespace {

std::string RandomBytes(Random* random) {
  std::string bytes(random->Below(5), '\0');
  // Few values, so that prefixes and equal strings come up.
  for (char& byte : bytes)
    byte =
        "\0\x01\xFF"
        "a"[random->Below(4)];
  return bytes;
}

TEST(Schema, KeysOrderAsTheirComponentsDo) {
  Random random(7);
  for (int round = 0; round < 20'000; ++round) {
    const std::pair<std::string, std::string> a{RandomBytes(&random), RandomBytes(&random)};
    const std::pair<std::string, std::string> b{RandomBytes(&random), RandomBytes(&random)};
    const std::string key_a = MakeKey(Table::kSeries, {a.first, a.second});
    const std::string key_b = MakeKey(Table::kSeries, {b.first, b.second});
    ASSERT_EQ(a < b, key_a < key_b) << "round " << round;
    ASSERT_EQ(a == b, key_a == key_b) << "round " << round;
  }
}

TEST(Schema, ComponentsComeBackAsTheyWere) {
  const std::string binary("\0\xFF\0\x01", 4);
  const std::string key = MakeKey(Table::kPatient, {"", binary, "x"});
  const auto components = SplitComponents(std::string_view(key).substr(1));
  ASSERT_TRUE(components.has_value());
  EXPECT_EQ(*components, (std::vector<std::string>{"", binary, "x"}));
  EXPECT_EQ(LastComponent(std::string_view(key).substr(1)), "x");
}

TEST(Schema, MalformedComponentsAreRefused) {
  EXPECT_FALSE(SplitComponents("abc").has_value());
  EXPECT_FALSE(SplitComponents(std::string("a\0", 2)).has_value());
  EXPECT_FALSE(SplitComponents(std::string("a\0b", 3)).has_value());
  EXPECT_FALSE(LastComponent("").has_value());
}

TEST(Schema, PrefixRangeHoldsExactlyTheKeysWithThePrefix) {
  std::string prefix = MakeKey(Table::kStudy, {});
  AppendComponentFront("1.2\xFF", &prefix);
  const KeyRange range = PrefixRange(prefix);
  EXPECT_TRUE(range.Contains(StudyKey("1.2\xFF")));
  EXPECT_TRUE(range.Contains(StudyKey("1.2\xFF\xFF\xFF")));
  EXPECT_FALSE(range.Contains(StudyKey("1.2")));
  EXPECT_FALSE(range.Contains(StudyKey("1.3")));
}

}  // namespace
}  // namespace argent::archive
