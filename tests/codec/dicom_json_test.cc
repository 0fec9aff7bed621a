// DICOM JSON against the examples and rules of PS3.18 Annex F.
#include "codec/dicom_json.h"

#include <gtest/gtest.h>

#include <cmath>

#include "codec/json_text.h"

namespace argent::codec {
namespace {

std::string Json(Tag tag, const char (&vr)[3], std::string value) {
  std::string out;
  AppendDicomJsonElement({tag, MakeVr(vr), std::move(value), {}}, &out);
  return out;
}

template <typename T>
std::string Bytes(std::initializer_list<T> values) {
  std::string out;
  for (const T value : values) out.append(reinterpret_cast<const char*>(&value), sizeof value);
  return out;
}

constexpr Tag kTag{0x0009, 0x1002};

TEST(DicomJson, TextIsSplitWhereTheVrHasValues) {
  EXPECT_EQ(Json({0x0008, 0x0008}, "CS", "ORIGINAL\\PRIMARY "),
            R"("00080008":{"vr":"CS","Value":["ORIGINAL","PRIMARY"]})");
  EXPECT_EQ(Json(kTag, "LO", "a\\\\c"), R"("00091002":{"vr":"LO","Value":["a",null,"c"]})");
  EXPECT_EQ(Json(kTag, "LT", "  a\\b \r\n  "), R"("00091002":{"vr":"LT","Value":["  a\\b \u000d\u000a"]})");
  EXPECT_EQ(Json(kTag, "UI", std::string("1.2.3\0", 6)), R"("00091002":{"vr":"UI","Value":["1.2.3"]})");
}

TEST(DicomJson, EmptyHasNoValue) {
  for (const char* vr : {"LO", "PN", "US", "SQ", "OB", "AT", "DS"}) {
    std::string out;
    AppendDicomJsonElement({kTag, Vr{vr[0], vr[1]}, "", {}}, &out);
    EXPECT_EQ(out, "\"00091002\":{\"vr\":\"" + std::string(vr) + "\"}");
  }
  EXPECT_EQ(Json(kTag, "LO", "  "), R"("00091002":{"vr":"LO"})");
}

TEST(DicomJson, NamesHaveTheirGroups) {
  EXPECT_EQ(Json({0x0010, 0x0010}, "PN", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
            R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"Yamada^Tarou","Ideographic":"山田^太郎",)"
            R"("Phonetic":"やまだ^たろう"}]})");
  EXPECT_EQ(Json({0x0010, 0x0010}, "PN", "==x"), R"("00100010":{"vr":"PN","Value":[{"Phonetic":"x"}]})");
  EXPECT_EQ(Json({0x0010, 0x1001}, "PN", "A^B\\C "),
            R"("00101001":{"vr":"PN","Value":[{"Alphabetic":"A^B"},{"Alphabetic":"C"}]})");
}

TEST(DicomJson, DecimalsAreNumbersWhereJsonHasThem) {
  EXPECT_EQ(Json(kTag, "DS", "0.50\\-1e3 "), R"("00091002":{"vr":"DS","Value":[0.50,-1e3]})");
  EXPECT_EQ(Json(kTag, "DS", "+1.5\\.5\\007\\1."), R"("00091002":{"vr":"DS","Value":[1.5,0.5,7,1]})");
  EXPECT_EQ(Json(kTag, "IS", "12\\x"), R"("00091002":{"vr":"IS","Value":[12,"x"]})");
  EXPECT_EQ(Json(kTag, "DS", "nan"), R"("00091002":{"vr":"DS","Value":["nan"]})");
}

TEST(DicomJson, BinaryNumbers) {
  EXPECT_EQ(Json(kTag, "US", Bytes<uint16_t>({0, 65535})), R"("00091002":{"vr":"US","Value":[0,65535]})");
  EXPECT_EQ(Json(kTag, "SS", Bytes<int16_t>({-1})), R"("00091002":{"vr":"SS","Value":[-1]})");
  EXPECT_EQ(Json(kTag, "UL", Bytes<uint32_t>({4294967295u})),
            R"("00091002":{"vr":"UL","Value":[4294967295]})");
  EXPECT_EQ(Json(kTag, "SL", Bytes<int32_t>({-2147483647})),
            R"("00091002":{"vr":"SL","Value":[-2147483647]})");
  EXPECT_EQ(Json(kTag, "UV", Bytes<uint64_t>({7, ~uint64_t{0}})),
            R"("00091002":{"vr":"UV","Value":[7,"18446744073709551615"]})");
  EXPECT_EQ(Json(kTag, "SV", Bytes<int64_t>({-7, INT64_MIN})),
            R"("00091002":{"vr":"SV","Value":[-7,"-9223372036854775808"]})");
  EXPECT_EQ(Json(kTag, "FL", Bytes<float>({0.1f})), R"("00091002":{"vr":"FL","Value":[0.1]})");
  EXPECT_EQ(Json(kTag, "FD", Bytes<double>({1e300, NAN, -INFINITY})),
            R"("00091002":{"vr":"FD","Value":[1e+300,"NaN","-Infinity"]})");
  EXPECT_EQ(Json(kTag, "AT", Bytes<uint16_t>({0x0020, 0x000D})),
            R"("00091002":{"vr":"AT","Value":["0020000D"]})");
}

TEST(DicomJson, BytesAreBase64) {
  EXPECT_EQ(Json(kTag, "OB", "abc"), R"("00091002":{"vr":"OB","InlineBinary":"YWJj"})");
  EXPECT_EQ(Json(kTag, "UN", "ab"), R"("00091002":{"vr":"UN","InlineBinary":"YWI="})");
  EXPECT_EQ(Json(kTag, "OW", "a"), R"("00091002":{"vr":"OW","InlineBinary":"YQ=="})");
  EXPECT_EQ(Json(kTag, "OB", std::string("\xFF\xEF\x00\x10", 4)),
            R"("00091002":{"vr":"OB","InlineBinary":"/+8AEA=="})");
}

TEST(DicomJson, SequencesNestAndGroupLengthsGo) {
  DataSet item;
  item.SetText({0x0008, 0x0100}, MakeVr("SH"), "CODE");
  DataSet data_set;
  data_set.SetUnsigned32({0x0008, 0x0000}, 100);
  data_set.SetText(tags::kSpecificCharacterSet, MakeVr("CS"), "ISO_IR 100");
  data_set.SetSequence({0x0008, 0x1032}, {item, DataSet()});
  std::string out;
  AppendDicomJson(data_set, &out);
  EXPECT_EQ(out, R"({"00080005":{"vr":"CS","Value":["ISO_IR 192"]},)"
                 R"("00081032":{"vr":"SQ","Value":[{"00080100":{"vr":"SH","Value":["CODE"]}},{}]}})");
}

TEST(DicomJson, AnyBytesGiveValidJson) {
  std::string all;
  for (int c = 1; c < 256; ++c) all.push_back(static_cast<char>(c));
  std::string out;
  AppendJsonString(all, &out);
  EXPECT_EQ(out.find('\n'), std::string::npos);
  EXPECT_NE(out.find("\xEF\xBF\xBD"), std::string::npos);  // U+FFFD for what is no UTF-8
  EXPECT_NE(out.find("\\u0001"), std::string::npos);
  EXPECT_NE(out.find("\\\"#"), std::string::npos);
}

}  // namespace
}  // namespace argent::codec
