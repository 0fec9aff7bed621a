// The examples of PS3.5 Annexes H, I and J, and what devices get wrong.
#include "codec/character_set.h"

#include <gtest/gtest.h>

#include <thread>

#include "codec/person_name.h"

namespace argent::codec {
namespace {

constexpr Vr kPn = MakeVr("PN");
constexpr Vr kLo = MakeVr("LO");
constexpr Vr kLt = MakeVr("LT");

struct Example {
  std::string_view charset;
  std::string_view encoded;
  std::string_view utf8;
};

// PS3.5 H.3.1, H.3.2, I.2, J.1, J.2, K.2 and single-byte sets.
const Example kExamples[] = {
    {"\\ISO 2022 IR 87",
     "Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B=\x1B$B$d$^$@\x1B(B^\x1B$B$?$m$&\x1B(B",
     "Yamada^Tarou=山田^太郎=やまだ^たろう"},
    {"ISO 2022 IR 13\\ISO 2022 IR 87",
     "\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1B$B;3ED\x1B(J^\x1B$BB@O:\x1B(J=\x1B$B$d$^$@\x1B(J^\x1B$B$?$m$&\x1B(J",
     "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"},
    {"\\ISO 2022 IR 149",
     "Hong^Gildong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7=\x1B$)C\xC8\xAB^\x1B$)C\xB1\xE6\xB5\xBF",
     "Hong^Gildong=洪^吉洞=홍^길동"},
    {"ISO_IR 192", "Wang^XiaoDong=王^小東=", "Wang^XiaoDong=王^小東="},
    {"GB18030", "Wang^XiaoDong=\xCD\xF5^\xD0\xA1\xB6\xAB=", "Wang^XiaoDong=王^小东="},
    {"\\ISO 2022 IR 58",
     "Zhang^XiaoDong=\x1B$)A\xD5\xC5^\x1B$)A\xD0\xA1\xB6\xAB=", "Zhang^XiaoDong=张^小东="},
    {"ISO_IR 100", "Buc^J\xE9r\xF4me", "Buc^Jérôme"},
    {"ISO_IR 101", "W\xE1\xB3\xEAsa", "Wáłęsa"},
    {"ISO_IR 144", "\xBB\xEEkce\xDC\xD1yp\xD3", "Люkceмбypг"},
    {"ISO_IR 126", "\xC4\xE9\xEF\xED\xF5\xF3\xE9\xEF\xF2", "Διονυσιος"},
    {"ISO_IR 127", "\xE2\xC8\xC7\xE6\xEA^\xE4\xE6\xD2\xC7\xD1", "قباني^لنزار"},
    {"ISO_IR 138", "\xF9\xF8\xE5\xEF^\xE3\xE1\xE5\xF8\xE4", "שרון^דבורה"},
    {"ISO_IR 166", "\xE0\xA1\xE9\xC7", "เก้ว"},
    {"ISO 2022 IR 100\\ISO 2022 IR 144", "J\xE9r\xF4me=\x1B-L\xBB\xEE", "Jérôme=Лю"},
};

TEST(CharacterSet, DecodesTheExamplesOfTheStandard) {
  for (const Example& example : kExamples) {
    bool damaged = false;
    EXPECT_EQ(TextToUtf8(example.charset, kPn, example.encoded, &damaged), example.utf8) << example.charset;
    EXPECT_FALSE(damaged) << example.charset;
  }
}

TEST(CharacterSet, ComesBackFromEverySet) {
  for (const Example& example : kExamples) {
    const Result<std::string> encoded = TextFromUtf8(example.charset, kPn, example.utf8);
    ASSERT_TRUE(encoded.ok()) << example.charset << ": " << encoded.status().ToString();
    EXPECT_EQ(TextToUtf8(example.charset, kPn, *encoded), example.utf8) << example.charset;
  }
}

TEST(CharacterSet, RefusesToEncodeWhatTheSetDoesNotHave) {
  EXPECT_FALSE(TextFromUtf8("ISO_IR 100", kPn, "山田").ok());
  EXPECT_FALSE(TextFromUtf8("", kPn, "é").ok());
  EXPECT_FALSE(TextFromUtf8("\\ISO 2022 IR 87", kPn, "홍").ok());
  EXPECT_TRUE(TextFromUtf8("nonsense", kPn, "plain").ok());
  EXPECT_FALSE(TextFromUtf8("nonsense", kPn, "é").ok());
}

TEST(CharacterSet, ResetsAtTheDelimitersOfTheVr) {
  const std::string_view unterminated = "\x1B-L\xBB\\\xE9";
  EXPECT_EQ(TextToUtf8("ISO 2022 IR 100\\ISO 2022 IR 144", kLo, unterminated), "Л\\é");
  EXPECT_EQ(TextToUtf8("ISO 2022 IR 100\\ISO 2022 IR 144", kLt, unterminated), "Л\\щ");
  EXPECT_EQ(TextToUtf8("ISO 2022 IR 100\\ISO 2022 IR 144", kLt, "\x1B-L\xBB\r\n\xE9"), "Л\r\né");
}

TEST(CharacterSet, UnderstandsNamesThatDevicesMisspell) {
  for (std::string_view name : {"ISO_IR 100", "iso_ir 100", "ISO-IR 100", "ISO IR 100", "ISO 2022 IR 100",
                                " ISO_IR 100 ", "ISO8859-1", "ISO_IR_100"}) {
    EXPECT_EQ(TextToUtf8(name, kPn, "\xE9"), "é") << name;
  }
  EXPECT_EQ(TextToUtf8("UTF-8", kPn, "é"), "é");
  EXPECT_EQ(TextToUtf8("ISO 2022 IR 87", kPn, "\x1B$B;3\x1B(B"), "山");
  EXPECT_EQ(TextToUtf8("ISO 2022 IR 6\\ISO 2022 IR 87", kPn, "\x1B$B;3\x1B(B"), "山");
}

TEST(CharacterSet, KeepsDamagedTextReadable) {
  bool damaged = false;
  EXPECT_EQ(TextToUtf8("ISO_IR 192", kPn, "a\xFF\x62", &damaged),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_TRUE(damaged);
  damaged = false;
  EXPECT_EQ(TextToUtf8("", kPn, "J\xE9r", &damaged), "J\xEF\xBF\xBDr");
  EXPECT_TRUE(damaged);
  damaged = false;
  EXPECT_EQ(TextToUtf8("", kPn, "Jér", &damaged), "Jér");  // UTF-8 without saying so
  EXPECT_TRUE(damaged);
  damaged = false;
  EXPECT_EQ(TextToUtf8("\\ISO 2022 IR 87", kPn, "ab\x1B$Zcd", &damaged), "ab\xEF\xBF\xBD$Zcd");
  EXPECT_TRUE(damaged);
  damaged = false;
  EXPECT_EQ(TextToUtf8("GB18030", kPn, "a\x81", &damaged), "a\xEF\xBF\xBD");
  EXPECT_TRUE(damaged);
}

TEST(CharacterSet, LeavesPlainAsciiAlone) {
  EXPECT_EQ(TextToUtf8("anything at all", kPn, "Smith^John"), "Smith^John");
  EXPECT_EQ(TextToUtf8("ISO_IR 13", kLo, "a\\b"), "a\\b");
}

TEST(CharacterSet, ConvertsNestedItemsByTheirOwnSet) {
  DataSet item;
  item.SetText(tags::kSpecificCharacterSet, MakeVr("CS"), "ISO_IR 144");
  item.SetText({0x0040, 0x0009}, MakeVr("SH"), "\xBB");
  DataSet inheriting;
  inheriting.SetText({0x0040, 0x0009}, MakeVr("SH"), "\xE9");
  DataSet data_set;
  data_set.SetText(tags::kSpecificCharacterSet, MakeVr("CS"), "ISO_IR 100");
  data_set.SetSequence({0x0040, 0x0275}, {item, inheriting});
  ConvertToUtf8(&data_set);
  EXPECT_EQ(data_set.Text(tags::kSpecificCharacterSet), "ISO_IR 192");
  const Element* sequence = data_set.Find({0x0040, 0x0275});
  EXPECT_EQ(sequence->items[0].Text({0x0040, 0x0009}), "Л");
  EXPECT_EQ(sequence->items[1].Text({0x0040, 0x0009}), "é");
}

TEST(CharacterSet, WorksOnManyThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int round = 0; round < 200; ++round) {
        for (const Example& example : kExamples) {
          EXPECT_EQ(TextToUtf8(example.charset, kPn, example.encoded), example.utf8);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(PersonName, FoldsCaseAccentsAndSpaces) {
  EXPECT_EQ(FoldForMatching("  MÜLLER   Straße "), "muller strasse");
  EXPECT_EQ(FoldForMatching("Jérôme"), "jerome");
  EXPECT_EQ(FoldForMatching("Je\xCC\x81rome"), "jerome");  // combining acute
  EXPECT_EQ(FoldForMatching("Διονύσιος"), FoldForMatching("ΔΙΟΝΥΣΙΟΣ"));
  EXPECT_EQ(FoldForMatching("ЛЮКСЕМБУРГ"), "люксембург");
  EXPECT_EQ(FoldForMatching("Łódź Ørsted Æbler"), "lodz orsted aebler");
  EXPECT_EQ(FoldForMatching("Ǽ ẞ Œ"), "ae ss oe");  // an accent on a ligature
  EXPECT_EQ(FoldForMatching("ＡＢＣ　ｘ"), "abc x");
  EXPECT_EQ(FoldForMatching("山田"), "山田");
  EXPECT_EQ(FoldForMatching("\xFF"), "\xFF");
}

TEST(PersonName, SplitsComponentGroups) {
  EXPECT_EQ(FoldedNameGroups("Yamada^Tarou^^^=山田^太郎=やまだ^たろう"),
            (std::vector<std::string>{"yamada^tarou", "山田^太郎", "やまだ^たろう"}));
  EXPECT_EQ(FoldedNameGroups("=山田"), (std::vector<std::string>{"山田"}));
  EXPECT_TRUE(FoldedNameGroups("^^^^").empty());
  EXPECT_TRUE(FoldedNameGroups("").empty());
}

}  // namespace
}  // namespace argent::codec
