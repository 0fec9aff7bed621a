#include "archive/query/value_matching.h"

#include <gtest/gtest.h>

#include "archive/query/key_matcher.h"

namespace argent::archive {
namespace {

using codec::MakeVr;

TEST(WildcardMatch, FollowsTheStandard) {
  struct Case {
    const char* pattern;
    const char* text;
    bool matches;
  };
  const Case cases[] = {
      {"", "", true},
      {"*", "", true},
      {"?", "", false},
      {"A*", "A", true},
      {"A*", "ABC", true},
      {"A*", "BA", false},
      {"*C", "ABC", true},
      {"*B*", "ABC", true},
      {"A?C", "ABC", true},
      {"A?C", "AC", false},
      {"A??", "ABC", true},
      {"a*", "ABC", false},
      {"*A*A*", "BAAB", true},
      {"*A*A*", "BAB", false},
      {"**", "x", true},
      {"A*B*C", "AxxBxxC", true},
      {"A*B*C", "AxxBxx", false},
      {"M?ller", "M\xC3\xBCller", true},  // one character of two bytes
      {"M??ller", "M\xC3\xBCller", false},
  };
  for (const Case& c : cases)
    EXPECT_EQ(WildcardMatch(c.pattern, c.text), c.matches) << c.pattern << " " << c.text;
}

TEST(WildcardMatch, ManyStarsStayCheap) {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "a*";
  EXPECT_FALSE(WildcardMatch(pattern + "b", std::string(4096, 'a')));
}

bool MatchesKey(codec::Vr vr, const std::string& key, const std::string& value) {
  const codec::Tag tag{0x0008, 0x0050};
  auto matcher = KeyMatcher::Compile({tag, vr, key, {}});
  EXPECT_TRUE(matcher.ok()) << matcher.status().ToString();
  codec::DataSet attributes;
  attributes.Set({tag, vr, value, {}});
  return matcher.ok() && matcher->Matches(attributes);
}

TEST(KeyMatcher, MatchesByValueRepresentation) {
  struct Case {
    const char* vr;
    std::string key;
    std::string value;
    bool matches;
  };
  const Case cases[] = {
      // Single value: case-sensitive, padding ignored, any of several.
      {"SH", "ABC", "ABC ", true},
      {"SH", "ABC ", "ABC", true},
      {"SH", "abc", "ABC", false},
      {"SH", "ABC", "ABCD", false},
      {"CS", "CT", "MR\\CT", true},
      {"LO", "A*", "ABC", true},
      {"LO", "", "anything", true},
      {"LO", "*", "", true},
      {"SH", "A", "", false},
      // UI: lists, no wildcards.
      {"UI", "1.2\\1.3", std::string("1.3\0", 4), true},
      {"UI", "1.2\\1.3", "1.33", false},
      // PN: case and accents, groups apart, trailing delimiters.
      {"PN", "doe^jane", "DOE^JANE", true},
      {"PN", "Muller^*", "M\xC3\xBCller^J\xC3\xB6rg", true},
      {"PN", "M\xC3\x9CLLER*", "muller^x", true},
      {"PN", "\xE5\xB1\xB1\xE7\x94\xB0*", "Yamada^Tarou=\xE5\xB1\xB1\xE7\x94\xB0^\xE5\xA4\xAA\xE9\x83\x8E",
       true},
      {"PN", "yamada*", "Yamada^Tarou=\xE5\xB1\xB1\xE7\x94\xB0", true},
      {"PN", "Doe^*", "Doe", true},
      {"PN", "Doe^", "Doe", true},
      {"PN", "Doe", "Doe^Jane", false},
      {"PN", "D?e*", "Doe^Jane", true},
      // DA ranges.
      {"DA", "20240115", "20240115", true},
      {"DA", "20240115", "2024.01.15", true},
      {"DA", "20240101-20240131", "20240131", true},
      {"DA", "20240101-20240131", "20240201", false},
      {"DA", "20240101-", "20991231", true},
      {"DA", "-20240101", "20240101", true},
      {"DA", "-20240101", "20240102", false},
      {"DA", "20240115", "", false},
      {"DA", "-", "20240115", true},
      // TM ranges; low precision is a span.
      {"TM", "1000-1059", "105959.999", true},
      {"TM", "1000-1059", "110000", false},
      {"TM", "10", "1030", true},
      {"TM", "-10", "105959", true},
      {"TM", "10:30", "103000", true},
      {"TM", "103000.5-", "103000.4", false},
      // DT with offsets.
      {"DT", "20240115-20240116", "20240116235959", true},
      {"DT", "202401151200+0100", "202401151100+0000", true},
      {"DT", "202401151200+0000-202401151300+0000", "202401151330+0100", true},
      {"DT", "2024", "20241231", true},
      // Numbers.
      {"IS", "1", "01", true},
      {"IS", "1", "+1", true},
      {"DS", "1.50", "1.5", true},
      {"IS", "1", "2", false},
      {"US", std::string("\x01\x00", 2), std::string("\x02\x00\x01\x00", 4), true},
      {"US", std::string("\x01\x00", 2), std::string("\x00\x01", 2), false},
  };
  for (const Case& c : cases) {
    const codec::Vr vr{c.vr[0], c.vr[1]};
    EXPECT_EQ(MatchesKey(vr, c.key, c.value), c.matches)
        << c.vr << " key '" << c.key << "' value '" << c.value << "'";
  }
}

TEST(KeyMatcher, RefusesWhatIsNoRange) {
  for (const char* key :
       {"2024", "20241301", "20240230", "today", "20240101-x", "20240101-20240102-20240103"}) {
    const auto matcher = KeyMatcher::Compile({{0x0008, 0x0020}, MakeVr("DA"), key, {}});
    EXPECT_FALSE(matcher.ok()) << key;
  }
}

TEST(KeyMatcher, ASequenceMatchesOnlyInsideOneItem) {
  const codec::Tag sequence{0x0040, 0x0275};
  const auto item = [](const char* step, const char* description) {
    codec::DataSet data_set;
    data_set.SetText({0x0040, 0x0009}, MakeVr("SH"), step);
    data_set.SetText({0x0040, 0x0007}, MakeVr("LO"), description);
    return data_set;
  };
  const auto compile = [&](std::vector<codec::DataSet> items) {
    return KeyMatcher::Compile({sequence, MakeVr("SQ"), {}, std::move(items)});
  };
  codec::DataSet attributes;
  attributes.SetSequence(sequence, {item("S1", "HEAD"), item("S2", "CHEST")});
  EXPECT_TRUE(compile({item("S2", "CHE*")})->Matches(attributes));
  EXPECT_FALSE(compile({item("S1", "CHE*")})->Matches(attributes));
  EXPECT_TRUE(compile({item("", "")})->Matches(codec::DataSet()));
  EXPECT_TRUE(compile({})->Matches(codec::DataSet()));
  EXPECT_FALSE(compile({item("S1", ""), item("S2", "")}).ok());
}

TEST(Dates, DayNumbersComeBackAsDates) {
  for (const char* date :
       {"00010101", "19000228", "19000301", "20000229", "20240229", "20241231", "99991231"}) {
    const auto span = ParseMoment(MakeVr("DA"), date);
    ASSERT_TRUE(span.has_value()) << date;
    EXPECT_EQ(DateOfDay(span->first), date);
  }
}

}  // namespace
}  // namespace argent::archive
