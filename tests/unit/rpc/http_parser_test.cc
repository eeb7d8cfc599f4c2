#include "rpc/http_parser.h"

#include <algorithm>
#include <ostream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/strings.h"
#include "rpc/http_writer.h"

namespace dbrepl {
namespace {

// What a parser made of some bytes, as one line that a table can hold.
template <class Parser, class Describe>
std::string ParseAll(Parser& parser, std::string_view bytes, std::size_t step, Describe describe) {
  std::string held;
  std::string body;
  while (true) {
    const std::size_t count = std::min(step, bytes.size());
    held.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    while (!parser.complete()) {
      const auto used = parser.Feed(held, body);
      if (!used) return StrCat("refused: ", used.error().message);
      held.erase(0, *used);
      if (*used == 0) break;
    }
    if (parser.complete()) return StrCat(describe(parser), " body=", body, " rest=", held, bytes);
    if (count == 0) return "incomplete";
  }
}

std::string DescribeRequest(HttpRequestParser& parser) {
  const HttpRequestHead& head = parser.head();
  std::string text = StrCat(head.method, " ", head.target, " 1.", head.minor_version);
  for (const auto& [name, value] : head.headers) text += StrCat(" {", name, "=", value, "}");
  text += parser.keep_alive() ? " keep" : " close";
  return text;
}

std::string DescribeResponse(HttpResponseParser& parser) {
  const HttpResponseHead& head = parser.head();
  return StrCat(head.status, " ", head.reason, parser.keep_alive() ? " keep" : " close");
}

struct ParseCase {
  std::string name;
  std::string bytes;
  std::string result;
};

std::ostream& operator<<(std::ostream& out, const ParseCase& value) { return out << value.name; }

class RequestTable : public testing::TestWithParam<ParseCase> {};

TEST_P(RequestTable, WholeAndByteByByteAgree) {
  for (const std::size_t step :
       {std::string::npos, std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    HttpRequestParser parser;
    EXPECT_EQ(ParseAll(parser, GetParam().bytes, step, DescribeRequest), GetParam().result)
        << "in steps of " << step;
  }
}

const std::string kSwiftHead =
    "REPLICATE /sd1/8/cf0a HTTP/1.1\r\nHost: 127.0.0.1:6201\r\nAccept-Encoding: identity\r\n"
    "Content-Length: 2\r\nContent-Type: application/json\r\n\r\n";

INSTANTIATE_TEST_SUITE_P(
    Table, RequestTable,
    testing::Values(
        ParseCase{"SwiftsReplicate", kSwiftHead + "[]",
                  "REPLICATE /sd1/8/cf0a 1.1 {Host=127.0.0.1:6201} {Accept-Encoding=identity} "
                  "{Content-Length=2} {Content-Type=application/json} keep body=[] rest="},
        ParseCase{"AnyMethod", "UPDATE /a HTTP/1.1\r\n\r\n", "UPDATE /a 1.1 keep body= rest="},
        ParseCase{"LowerCaseMethodStays", "replicate /a HTTP/1.1\r\n\r\n",
                  "replicate /a 1.1 keep body= rest="},
        ParseCase{"SpellingAndOrderStay", "GET / HTTP/1.1\r\nx-B: 1\r\nX-a:  2 \r\nx-B: 3\r\n\r\n",
                  "GET / 1.1 {x-B=1} {X-a=2} {x-B=3} keep body= rest="},
        ParseCase{"Http10Closes", "GET / HTTP/1.0\r\n\r\n", "GET / 1.0 close body= rest="},
        ParseCase{"Http10MayKeep", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
                  "GET / 1.0 {Connection=keep-alive} keep body= rest="},
        ParseCase{"ConnectionClose", "GET / HTTP/1.1\r\nConnection: Close\r\n\r\n",
                  "GET / 1.1 {Connection=Close} close body= rest="},
        ParseCase{"Pipelined", "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n",
                  "GET /1 1.1 keep body= rest=GET /2 HTTP/1.1\r\n\r\n"},
        ParseCase{"BodyThenNext", "PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET",
                  "PUT / 1.1 {Content-Length=3} keep body=abc rest=GET"},
        ParseCase{"Chunked",
                  "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\nrest",
                  "PUT / 1.1 {Transfer-Encoding=chunked} keep body=abc0123456789 rest=rest"},
        ParseCase{"ChunkedWithTrailer",
                  "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n",
                  "PUT / 1.1 {Transfer-Encoding=chunked} keep body=a rest="},
        ParseCase{"HalfAHead", "GET / HTTP/1.1\r\nHost: x\r\n", "incomplete"},
        ParseCase{"HalfABody", "PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", "incomplete"},
        ParseCase{"NoMethod", " / HTTP/1.1\r\n\r\n", "refused: HTTP message: bad method"},
        ParseCase{"MethodIsNoToken", "G(T / HTTP/1.1\r\n\r\n", "refused: HTTP message: bad method"},
        ParseCase{"BlankInTarget", "GET /a b HTTP/1.1\r\n\r\n",
                  "refused: HTTP message: bad version"},
        ParseCase{"NulInTarget", std::string("GET /\0 HTTP/1.1\r\n\r\n", 19),
                  "refused: HTTP message: bad target"},
        ParseCase{"Http2", "GET / HTTP/2.0\r\n\r\n", "refused: HTTP message: bad version"},
        ParseCase{"Http09", "GET /\r\n\r\n", "refused: HTTP message: bad target"},
        ParseCase{"HeaderWithoutColon", "GET / HTTP/1.1\r\nHost\r\n\r\n",
                  "refused: HTTP message: bad field"},
        ParseCase{"BlankBeforeColon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
                  "refused: HTTP message: bad field"},
        ParseCase{"NulInValue", std::string("GET / HTTP/1.1\r\nA: \0\r\n\r\n", 24),
                  "refused: HTTP message: bad value"},
        ParseCase{"LengthIsNoNumber", "PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                  "refused: HTTP message: bad Content-Length"},
        ParseCase{"LengthTwiceInOneLine", "PUT / HTTP/1.1\r\nContent-Length: 2,2\r\n\r\nab",
                  "refused: HTTP message: bad Content-Length"},
        ParseCase{"NegativeLength", "PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                  "refused: HTTP message: bad Content-Length"},
        ParseCase{"HugeLength", "PUT / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
                  "refused: HTTP message: bad Content-Length"},
        ParseCase{"TwoLengths",
                  "PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                  "refused: HTTP message: bad Content-Length"},
        ParseCase{"LengthAndChunks",
                  "PUT / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                  "refused: HTTP message: bad Transfer-Encoding"},
        ParseCase{"OtherTransferCoding",
                  "PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                  "refused: HTTP message: bad Transfer-Encoding"},
        ParseCase{"BadChunkSize",
                  "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
                  "refused: HTTP message: bad chunk"},
        ParseCase{"ChunkSizeBeyond64Bits",
                  "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n",
                  "refused: HTTP message: bad chunk"},
        ParseCase{"ChunkWithoutItsEnd",
                  "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabcdef\r\n",
                  "refused: HTTP message: bad chunk"}),
    [](const auto& test) { return test.param.name; });

TEST(HttpRequestParserTest, StopsBehindTheHead) {
  HttpRequestParser parser;
  std::string body;
  const auto used = parser.Feed(kSwiftHead + "[]", body);
  EXPECT_EQ(*used, kSwiftHead.size());
  EXPECT_TRUE(parser.head_done());
  EXPECT_FALSE(parser.complete());
  EXPECT_EQ(parser.content_length(), 2U);
  EXPECT_EQ(body, "");
}

TEST(HttpRequestParserTest, ServesOneMessageAfterTheOther) {
  HttpRequestParser parser;
  for (const std::string target : {"/1", "/2", "/3"}) {
    std::string body;
    ASSERT_TRUE(parser.Feed(StrCat("GET ", target, " HTTP/1.1\r\n\r\n"), body));
    ASSERT_TRUE(parser.complete());
    EXPECT_EQ(parser.head().target, target);
    parser.Reset();
    EXPECT_FALSE(parser.head_done());
  }
}

TEST(HttpRequestParserTest, ExpectOnlyOfHttp11) {
  for (const int minor : {0, 1}) {
    HttpRequestParser parser;
    std::string body;
    ASSERT_TRUE(parser.Feed(
        StrCat("PUT / HTTP/1.", minor, "\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n"),
        body));
    EXPECT_EQ(parser.expects_continue(), minor == 1);
  }
}

struct LimitCase {
  std::string name;
  std::string bytes;
  int status;  // 0: accepted
};

std::ostream& operator<<(std::ostream& out, const LimitCase& value) { return out << value.name; }

class LimitTable : public testing::TestWithParam<LimitCase> {};

TEST_P(LimitTable, RefusesWithStatus) {
  // 70 bytes end behind the first header line of most: what was taken must still count.
  for (const std::size_t step : {std::string::npos, std::size_t{1}, std::size_t{70}}) {
    HttpRequestParser parser({.max_line_bytes = 50, .max_head_bytes = 200, .max_headers = 5});
    const std::string result = ParseAll(parser, GetParam().bytes, step, DescribeRequest);
    if (GetParam().status == 0) {
      EXPECT_THAT(result, testing::StartsWith("GET ")) << result;
    } else {
      EXPECT_THAT(result, testing::StartsWith("refused")) << result;
      EXPECT_EQ(parser.refusal_status(), GetParam().status) << result;
    }
  }
}

std::string Lines(int count, const std::string& line) {
  std::string text;
  for (int i = 0; i < count; ++i) text += line;
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, LimitTable,
    testing::Values(
        LimitCase{"LongestTarget", "GET /" + std::string(34, 'a') + " HTTP/1.1\r\n\r\n", 0},
        LimitCase{"TargetTooLong", "GET /" + std::string(35, 'a') + " HTTP/1.1\r\n\r\n", 414},
        LimitCase{"LineWithoutEnd", "GET /" + std::string(60, 'a'), 414},
        LimitCase{"LongestHeader", "GET / HTTP/1.1\r\nA: " + std::string(45, 'a') + "\r\n\r\n", 0},
        LimitCase{"HeaderTooLong", "GET / HTTP/1.1\r\nA: " + std::string(46, 'a') + "\r\n\r\n",
                  400},
        LimitCase{"FiveHeaders", "GET / HTTP/1.1\r\n" + Lines(5, "A: 1\r\n") + "\r\n", 0},
        LimitCase{"SixHeaders", "GET / HTTP/1.1\r\n" + Lines(6, "A: 1\r\n") + "\r\n", 431},
        LimitCase{"HeadTooLong",
                  "GET / HTTP/1.1\r\n" + Lines(5, "A: " + std::string(40, 'a') + "\r\n") + "\r\n",
                  400},
        LimitCase{"HeadWithoutEnd", "GET / HTTP/1.1\r\nA: " + std::string(300, 'a'), 400},
        LimitCase{"ChunkHeaderWithoutEnd",
                  "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(300, 'a'),
                  400},
        LimitCase{
            "TrailerWithoutEnd",
            "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: " + std::string(300, 'a'),
            400},
        LimitCase{"OtherCoding", "PUT / HTTP/1.1\r\nTransfer-Encoding: br\r\n\r\n", 501}),
    [](const auto& test) { return test.param.name; });

class ResponseTable : public testing::TestWithParam<ParseCase> {};

TEST_P(ResponseTable, WholeAndByteByByteAgree) {
  for (const std::size_t step : {std::string::npos, std::size_t{1}, std::size_t{3}}) {
    HttpResponseParser parser;
    EXPECT_EQ(ParseAll(parser, GetParam().bytes, step, DescribeResponse), GetParam().result);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, ResponseTable,
    testing::Values(
        ParseCase{"Swifts404",
                  "HTTP/1.1 404 Not Found\r\nContent-Type: text/html; charset=UTF-8\r\n"
                  "Content-Length: 4\r\nDate: Sat, 21 Nov 2026 01:34:23 GMT\r\n\r\npage",
                  "404 Not Found keep body=page rest="},
        ParseCase{"NoContentHasNoBody", "HTTP/1.1 204 No Content\r\n\r\nHTTP",
                  "204 No Content keep body= rest=HTTP"},
        ParseCase{"EmptyReason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
                  "200  keep body= rest="},
        ParseCase{"Interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
                  "100 Continue keep body= rest=HTTP/1.1 200 OK\r\n"},
        ParseCase{"Http10Closes", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
                  "200 OK close body= rest="},
        ParseCase{"Chunked",
                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
                  "200 OK keep body=ab rest="},
        ParseCase{"UpToTheEnd", "HTTP/1.1 200 OK\r\n\r\nabc", "incomplete"},
        ParseCase{"NotHttp", "SSH-2.0-OpenSSH\r\n\r\n", "refused: HTTP message: bad version"},
        ParseCase{"BadStatus", "HTTP/1.1 xx OK\r\n\r\n", "refused: HTTP message: bad status"}),
    [](const auto& test) { return test.param.name; });

TEST(HttpResponseParserTest, TheEndOfTheConnectionEndsABodyWithoutLength) {
  HttpResponseParser parser;
  std::string body;
  const std::string bytes = "HTTP/1.1 200 OK\r\n\r\nabc";
  const auto used = parser.Feed(bytes, body);
  ASSERT_TRUE(parser.Feed(std::string_view(bytes).substr(*used), body));
  EXPECT_TRUE(parser.FeedEnd());
  EXPECT_TRUE(parser.complete());
  EXPECT_FALSE(parser.keep_alive());
  EXPECT_EQ(body, "abc");
}

TEST(HttpResponseParserTest, TheEndInTheMiddleIsAnError) {
  for (const std::string bytes :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    HttpResponseParser parser;
    std::string body;
    ASSERT_TRUE(parser.Feed(bytes, body));
    EXPECT_EQ(parser.FeedEnd().error().code, Errc::kUnreachable) << bytes;
  }
}

TEST(HttpResponseParserTest, TheAnswerToHeadHasNoBody) {
  HttpResponseParser parser;
  parser.Reset(true);
  std::string body;
  ASSERT_TRUE(parser.Feed("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", body));
  EXPECT_TRUE(parser.complete());
}

}  // namespace
}  // namespace dbrepl
