// What of a request is found, refused and parsed before any handler sees it.
#include <gtest/gtest.h>

#include "ingest/http/media_type.h"
#include "ingest/http/request_head.h"
#include "ingest/http/request_parser.h"
#include "ingest/http/uri.h"

namespace argent::ingest {
namespace {

constexpr char kHost[] = "Host: archive\r\n";

std::string Head(const std::string& request_line, const std::string& fields = kHost) {
  return request_line + "\r\n" + fields + "\r\n";
}

int RefusalOf(const std::string& input) {
  const HeadCheck check = CheckRequestHead(input);
  EXPECT_EQ(check.state, HeadState::kRefused) << input;
  EXPECT_FALSE(check.refusal.reason.empty()) << input;
  return check.refusal.status;
}

int RefusalOfFields(const std::string& fields) {
  return RefusalOf(Head("GET / HTTP/1.1", kHost + fields + "\r\n"));
}

TEST(RequestHead, FindsItsEndAndLeavesWhatFollows) {
  const std::string head = Head("GET /studies?limit=1 HTTP/1.1");
  const HeadCheck check = CheckRequestHead(head + "GET /next");
  EXPECT_EQ(check.state, HeadState::kComplete);
  EXPECT_EQ(check.bytes, head.size());
}

TEST(RequestHead, EveryFrontOfAGoodHeadIsIncomplete) {
  const std::string head = Head("POST /studies HTTP/1.1", "Host: a\r\nContent-Length: 5\r\n");
  for (size_t bytes = 0; bytes < head.size(); ++bytes)
    EXPECT_EQ(CheckRequestHead(head.substr(0, bytes)).state, HeadState::kIncomplete) << bytes;
  EXPECT_EQ(CheckRequestHead(head).state, HeadState::kComplete);
}

TEST(RequestHead, RefusesWhatTwoProgramsCouldReadDifferently) {
  EXPECT_EQ(RefusalOfFields("Content-Length: 5\r\nTransfer-Encoding: chunked"), 400);
  EXPECT_EQ(RefusalOfFields("Content-Length: 5\r\nContent-Length: 5"), 400);
  EXPECT_EQ(RefusalOfFields("Content-Length: 5, 5"), 400);
  EXPECT_EQ(RefusalOfFields("Content-Length: +5"), 400);
  EXPECT_EQ(RefusalOfFields("Content-Length: 0x5"), 400);
  EXPECT_EQ(RefusalOfFields("Content-Length:"), 400);
  EXPECT_EQ(RefusalOfFields("Content-Length: 9999999999999999999"), 400);
  EXPECT_EQ(RefusalOfFields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400);
  EXPECT_EQ(RefusalOfFields("Transfer-Encoding: gzip, chunked"), 501);
  EXPECT_EQ(RefusalOfFields("Transfer-Encoding: xchunked"), 501);
  EXPECT_EQ(RefusalOfFields("A: b\r\n folded"), 400);
  EXPECT_EQ(RefusalOfFields("A: b\r\n\tfolded"), 400);
  EXPECT_EQ(RefusalOfFields("Content-Length : 5"), 400);
  EXPECT_EQ(RefusalOfFields(": no name"), 400);
  EXPECT_EQ(RefusalOfFields("no colon"), 400);
  EXPECT_EQ(RefusalOfFields("Host: another"), 400);
  EXPECT_EQ(RefusalOf(Head("GET / HTTP/1.1", "A: b\r\n")), 400);
  EXPECT_EQ(RefusalOf(Head("GET / HTTP/1.0", "Transfer-Encoding: chunked\r\n")), 400);
}

TEST(RequestHead, RefusesBareLineEndsBeforeTheHeadIsWhole) {
  EXPECT_EQ(RefusalOf("GET / HTTP/1.1\nHost: a\n\n"), 400);
  EXPECT_EQ(RefusalOf("GET / HTTP/1.1\r\nA: b\n"), 400);
  EXPECT_EQ(RefusalOf("GET / HTTP/1.1\rHost: a"), 400);
  EXPECT_EQ(RefusalOf("\r\nGET / HTTP/1.1"), 400);
}

TEST(RequestHead, RefusesRequestLinesThatAreNone) {
  EXPECT_EQ(RefusalOf(Head("GET /")), 400);
  EXPECT_EQ(RefusalOf(Head("GET  / HTTP/1.1")), 400);
  EXPECT_EQ(RefusalOf(Head("GET /a b HTTP/1.1")), 400);
  EXPECT_EQ(RefusalOf(Head("GET / HTTP/2.0")), 505);
  EXPECT_EQ(RefusalOf(Head("GET / HTTP/0.9")), 505);
  EXPECT_EQ(RefusalOf(Head("GET / XTTP/1.1")), 400);
  EXPECT_EQ(RefusalOf(Head("GET http://else/ HTTP/1.1")), 400);
  EXPECT_EQ(RefusalOf("\x16\x03\x01 TLS\r\n\r\n"), 400);
}

TEST(RequestHead, HasBounds) {
  EXPECT_EQ(RefusalOf("GET /" + std::string(kRequestLineBytesMax, 'a')), 414);
  EXPECT_EQ(RefusalOf(Head("GET /" + std::string(kRequestLineBytesMax, 'a') + " HTTP/1.1")), 414);
  EXPECT_EQ(RefusalOf("GET / HTTP/1.1\r\nA: " + std::string(kRequestHeadBytesMax, 'a')), 431);
  std::string fields;
  for (size_t i = 0; i <= kRequestFieldsMax; ++i) fields += "A: b\r\n";
  EXPECT_EQ(RefusalOf(Head("GET / HTTP/1.1", kHost + fields)), 431);
}

TEST(RequestHead, KnowsThePrefaceOfHttp2) {
  EXPECT_EQ(CheckRequestHead(kHttp2Preface).state, HeadState::kHttp2);
  EXPECT_EQ(CheckRequestHead(kHttp2Preface.substr(0, 20)).state, HeadState::kIncomplete);
}

TEST(RequestParser, GivesMethodPathQueryAndFields) {
  RequestParser parser;
  auto request = parser.ParseHead(Head("GET /studies/1.2?PatientName=A%20B&limit=2 HTTP/1.1",
                                       "Host: h\r\nACCEPT: a/b \r\naccept: c/d\r\n"));
  ASSERT_TRUE(request.ok()) << request.status().ToString();
  EXPECT_EQ(request->method, "GET");
  EXPECT_EQ(request->path, "/studies/1.2");
  EXPECT_EQ(request->query, "PatientName=A%20B&limit=2");
  EXPECT_EQ(request->fields.Joined("Accept"), "a/b, c/d");
  EXPECT_EQ(request->Origin(), "http://h");
  EXPECT_FALSE(request->has_body);
  EXPECT_TRUE(parser.keep_alive());
}

TEST(RequestParser, RefusesControlCharacters) {
  for (const char* fields : {"Host: a\r\nA: b\x01\r\n", "Host: a\r\nA\x7F: b\r\n"}) {
    RequestParser parser;
    EXPECT_EQ(parser.ParseHead(Head("GET / HTTP/1.1", fields)).status().code(), StatusCode::kInvalidArgument);
  }
}

std::string Decode(std::string_view chunks, size_t feed_bytes, size_t out_bytes, Status* status) {
  RequestParser parser;
  EXPECT_TRUE(parser.ParseHead(Head("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked\r\n")).ok());
  std::string raw;
  std::string decoded;
  while (!parser.body_done()) {
    std::vector<uint8_t> out(out_bytes);
    std::string_view left = raw;
    auto count = parser.DecodeChunks(&left, out);
    *status = count.status();
    if (!count.ok()) return decoded;
    decoded.append(AsText(out).substr(0, *count));
    raw.erase(0, raw.size() - left.size());
    if (*count > 0) continue;
    if (chunks.empty()) break;
    raw.append(chunks.substr(0, feed_bytes));
    chunks.remove_prefix(std::min(feed_bytes, chunks.size()));
  }
  if (!parser.body_done()) *status = Status::Aborted("not whole");
  return decoded;
}

TEST(RequestParser, DecodesChunksInAnySplit) {
  const std::string chunks = "5\r\nhello\r\n1;ext=1\r\n,\r\n00006\r\n world\r\n0\r\nTrailer: x\r\n\r\n";
  for (size_t feed = 1; feed <= chunks.size(); ++feed) {
    for (size_t out : {1u, 3u, 64u}) {
      Status status;
      EXPECT_EQ(Decode(chunks, feed, out, &status), "hello, world") << feed << " " << out;
      EXPECT_TRUE(status.ok()) << status.ToString();
    }
  }
}

TEST(RequestParser, RefusesMalformedChunks) {
  for (const char* chunks : {"5\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "-1\r\nh\r\n0\r\n\r\n",
                             "zz\r\n", "11111111111111111\r\n", "\r\n5\r\nhello"}) {
    Status status;
    Decode(chunks, 1000, 64, &status);
    EXPECT_FALSE(status.ok()) << chunks;
  }
}

TEST(Uri, DecodesStrictly) {
  EXPECT_EQ(DecodePercent("a%20b%2Fc"), "a b/c");
  for (const char* bad : {"%", "%2", "%zz", "a%2", "%00"}) EXPECT_EQ(DecodePercent(bad), std::nullopt) << bad;
  EXPECT_EQ(EncodePercent("1.2~é/"), "1.2~%C3%A9%2F");
}

TEST(Uri, SplitsPathsWithoutTricks) {
  EXPECT_EQ(SplitPath("/a/b%20c/"), (std::vector<std::string>{"a", "b c"}));
  EXPECT_EQ(SplitPath("/"), std::vector<std::string>{});
  for (const char* bad : {"", "a", "//", "/a//b", "/a/../b", "/%2e%2e/b", "/./a", "/a%2fb", "/a%00", "/a//"})
    EXPECT_EQ(SplitPath(bad), std::nullopt) << bad;
}

TEST(Uri, ParsesQueries) {
  auto parameters = ParseQuery("PatientName=DOE%5EJANE*&limit=5&&flag&a+b=c+d&e==");
  ASSERT_TRUE(parameters.ok());
  const QueryParameters expected = {
      {"PatientName", "DOE^JANE*"}, {"limit", "5"}, {"flag", ""}, {"a b", "c d"}, {"e", "="}};
  EXPECT_EQ(*parameters, expected);
  EXPECT_FALSE(ParseQuery("a=%").ok());
  std::string many;
  for (size_t i = 0; i <= kQueryParametersMax; ++i) many += "a&";
  EXPECT_FALSE(ParseQuery(many).ok());
}

TEST(MediaType, OrdersAnAcceptByQuality) {
  const auto ranges = ParseAccept(
      "text/html;q=0.1, multipart/related; type=\"application/dicom\"; transfer-syntax=*; Q=0.9,"
      "application/dicom+json, image/jpeg;q=0, nonsense");
  ASSERT_EQ(ranges.size(), 3u);
  EXPECT_EQ(ranges[0].full(), "application/dicom+json");
  EXPECT_EQ(ranges[1].full(), "multipart/related");
  EXPECT_EQ(ranges[1].Parameter("type"), "application/dicom");
  EXPECT_EQ(ranges[1].Parameter("transfer-syntax"), "*");
  EXPECT_EQ(ranges[2].full(), "text/html");
}

TEST(MediaType, NothingAcceptsAnything) {
  const auto ranges = ParseAccept("");
  ASSERT_EQ(ranges.size(), 1u);
  EXPECT_TRUE(ranges[0].Includes("application/dicom+json"));
  EXPECT_TRUE(ParseAccept("image/*")[0].Includes("image/png"));
  EXPECT_FALSE(ParseAccept("image/*")[0].Includes("video/mp4"));
}

TEST(MediaType, QuotedSeparatorsSeparateNothing) {
  const auto type = ParseMediaType("multipart/related; boundary=\"a,b;c=\\\"d\"; type=x/y");
  ASSERT_TRUE(type);
  EXPECT_EQ(type->Parameter("boundary"), "a,b;c=\"d");
  EXPECT_EQ(type->Parameter("type"), "x/y");
  for (const char* bad : {"", "a", "a/", "/b", "a b/c", "a/b; c"}) EXPECT_FALSE(ParseMediaType(bad)) << bad;
}

}  // namespace
}  // namespace argent::ingest
