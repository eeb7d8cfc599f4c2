#include "rpc/http_writer.h"

#include <string>

#include <gtest/gtest.h>

#include "rpc/http_message.h"
#include "rpc/peer_address.h"

namespace dbrepl {
namespace {

TEST(HttpWriterTest, RequestAsSwiftsClientWritesIt) {
  const HttpRequestHead head{"REPLICATE",
                             "/sd1/8/cf0a",
                             1,
                             {{"Host", "127.0.0.1:6201"},
                              {"Accept-Encoding", "identity"},
                              {"Content-Length", "2"},
                              {"Content-Type", "application/json"}}};
  EXPECT_EQ(*WriteRequestHead(head),
            "REPLICATE /sd1/8/cf0a HTTP/1.1\r\nHost: 127.0.0.1:6201\r\n"
            "Accept-Encoding: identity\r\nContent-Length: 2\r\n"
            "Content-Type: application/json\r\n\r\n");
}

TEST(HttpWriterTest, ResponseAsSwiftsServerWritesIt) {
  HttpResponseHead head = MakePage(500, "x").head;
  head.headers.Add("Content-Length", "0");
  head.headers.Add("Date", HttpDate(1795224863));
  EXPECT_EQ(*WriteResponseHead(head),
            "HTTP/1.1 500 Internal Error\r\nContent-Type: text/html; charset=UTF-8\r\n"
            "Content-Length: 0\r\nDate: Sat, 21 Nov 2026 01:34:23 GMT\r\n\r\n");
}

TEST(HttpWriterTest, OwnReasonAndOldVersion) {
  EXPECT_EQ(*WriteResponseHead({299, "Odd", 0, {}}), "HTTP/1.0 299 Odd\r\n\r\n");
  EXPECT_EQ(*WriteResponseHead({299, "", 1, {}}), "HTTP/1.1 299 Unknown\r\n\r\n");
}

TEST(HttpWriterTest, AnnouncingChunksEndsNoBody) {
  EXPECT_EQ(*WriteResponseHead({200, "", 1, {{"Transfer-Encoding", "chunked"}}}),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST(HttpWriterTest, NothingEndsItsLineEarly) {
  const std::string bad = "a\r\nX: y";
  EXPECT_EQ(WriteRequestHead({"GET", "/ HTTP/1.1\r\nX: y", 1, {}}).error().code, Errc::kBadInput);
  EXPECT_FALSE(WriteRequestHead({"GET", "", 1, {}}));
  EXPECT_FALSE(WriteRequestHead({"GE T", "/", 1, {}}));
  EXPECT_FALSE(WriteRequestHead({"GET", "/", 1, {{"A", bad}}}));
  EXPECT_FALSE(WriteRequestHead({"GET", "/", 1, {{bad, "1"}}}));
  EXPECT_FALSE(WriteRequestHead({"GET", "/", 1, {{"A", std::string("\0", 1)}}}));
  EXPECT_FALSE(WriteRequestHead({"GET", "/", 1, {{"A", std::string(70000, 'x')}}}));
  EXPECT_FALSE(WriteResponseHead({200, bad, 1, {}}));
  EXPECT_FALSE(WriteResponseHead({1000, "", 1, {}}));
  EXPECT_TRUE(WriteRequestHead({"GET", "/\xc3\xa9", 1, {{"A", "\xc3\xa9\t "}}}));
}

TEST(HttpWriterTest, Chunks) {
  std::string out;
  AppendChunk(out, std::string(26, 'x'));
  AppendChunk(out, "");
  EXPECT_EQ(out, "1a\r\n" + std::string(26, 'x') + "\r\n");
}

TEST(HttpHeadersTest, NamesIgnoreCaseAndTokensAreFoundInLists) {
  HttpHeaders headers{{"connection", "Upgrade, CLOSE"}, {"X", "1"}, {"x", "2"}};
  EXPECT_EQ(*headers.Find("CONNECTION"), "Upgrade, CLOSE");
  EXPECT_EQ(*headers.Find("x"), "1");
  EXPECT_EQ(headers.Find("y"), nullptr);
  EXPECT_TRUE(headers.HasToken("Connection", "close"));
  EXPECT_FALSE(headers.HasToken("Connection", "clos"));
  headers.Remove("X");
  EXPECT_EQ(headers.size(), 1U);
}

TEST(PeerAddressTest, BracketsAroundIpv6) {
  EXPECT_EQ(HostAndPort({"10.0.0.3", 6201}), "10.0.0.3:6201");
  EXPECT_EQ(HostAndPort({"fd00::3", 6201}), "[fd00::3]:6201");
  EXPECT_EQ(HostAndPort({"node1", 1}), "node1:1");
}

TEST(PeerAddressTest, ThereAndBack) {
  for (const PeerAddress& peer : {PeerAddress{"10.0.0.3", 6201}, PeerAddress{"fd00::3", 80}})
    EXPECT_EQ(ToPeerAddress(*NumericAddress(peer)->get()), peer);
  EXPECT_EQ(ToPeerAddress(*NumericAddress({"::ffff:10.0.0.3", 1})->get()),
            (PeerAddress{"10.0.0.3", 1}));
  EXPECT_EQ(NumericAddress({"node1", 1}).error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace dbrepl
