#include "rpc/http_server.h"

#include <cctype>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/strings.h"
#include "tests/unit/rpc/test_server.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

// With "now" in place of a date of the right form.
std::string WithoutDate(std::string message) {
  const std::string form = "Sat, 21 Nov 2026 01:34:23 GMT";
  const std::size_t at = message.find("Date: ");
  if (at == std::string::npos) return message;
  const std::string date = message.substr(at + 6, form.size());
  for (std::size_t i = 0; i < form.size(); ++i)
    if (std::isdigit(form[i]) != 0 ? std::isdigit(date[i]) == 0 : std::isdigit(date[i]) != 0)
      return message;
  EXPECT_THAT(date, testing::EndsWith(" GMT"));
  return message.replace(at + 6, form.size(), "now");
}

TEST(HttpServerTest, AnswersAsSwiftsServer) {
  TestServer server;
  server.handler.serve = [](const HttpRequest&) {
    return MakePage(404, "The resource could not be found.");
  };
  RawSocket client = server.Connect();
  client.Send("REPLICATE /sd1/1/ff HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]");
  EXPECT_EQ(WithoutDate(client.ReadMessage()),
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/html; charset=UTF-8\r\n"
            "Content-Length: 70\r\nDate: now\r\n\r\n"
            "<html><h1>Not Found</h1><p>The resource could not be found.</p></html>");
}

TEST(HttpServerTest, NoContentHasALengthAndNoBody) {
  TestServer server;
  server.handler.serve = [](const HttpRequest&) {
    return MakeResponse(204, "text/html; charset=UTF-8", "");
  };
  RawSocket client = server.Connect();
  for (int i = 0; i < 2; ++i) {
    client.Send(kGet);
    EXPECT_EQ(WithoutDate(client.ReadMessage()),
              "HTTP/1.1 204 No Content\r\nContent-Type: text/html; charset=UTF-8\r\n"
              "Content-Length: 0\r\nDate: now\r\n\r\n");
  }
}

TEST(HttpServerTest, HeadTellsTheLengthOnly) {
  TestServer server;
  RawSocket client = server.Connect();
  client.Send("HEAD /abc HTTP/1.1\r\n\r\n" + kGet);
  EXPECT_THAT(*client.ReadUntil("\r\n\r\n"), HasSubstr("Content-Length: 10\r\n"));
  EXPECT_THAT(client.ReadMessage(), testing::EndsWith("\r\n\r\nGET /a "));
}

struct ClosingCase {
  std::string name;
  std::string request_end;
  std::string connection;  // of the answer: "" none
  bool closes;
};

std::ostream& operator<<(std::ostream& out, const ClosingCase& value) { return out << value.name; }

class ClosingTable : public testing::TestWithParam<ClosingCase> {};

TEST_P(ClosingTable, AsEventlet) {
  TestServer server;
  RawSocket client = server.Connect();
  client.Send("GET /a HTTP/" + GetParam().request_end + "\r\n\r\n");
  const std::string answer = client.ReadMessage();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  if (GetParam().connection.empty()) {
    EXPECT_THAT(answer, testing::Not(HasSubstr("Connection")));
  } else {
    EXPECT_THAT(answer, HasSubstr(" GMT\r\nConnection: " + GetParam().connection + "\r\n\r\n"));
  }
  if (GetParam().closes) {
    EXPECT_TRUE(client.IsClosedByPeer());
  } else {
    client.Send(kGet);
    EXPECT_NE(client.ReadMessage(), "");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, ClosingTable,
    testing::Values(
        ClosingCase{"Http11", "1.1", "", false},
        ClosingCase{"Http11Close", "1.1\r\nConnection: close", "close", true},
        ClosingCase{"Http11KeepAlive", "1.1\r\nConnection: keep-alive", "keep-alive", false},
        ClosingCase{"Http10", "1.0", "close", true},
        ClosingCase{"Http10KeepAlive", "1.0\r\nConnection: keep-alive", "keep-alive", false}),
    [](const auto& test) { return test.param.name; });

TEST(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  TestServer server;
  RawSocket client = server.Connect();
  std::string bytes;
  for (int i = 0; i < 50; ++i)
    bytes += StrCat("PUT /", i, " HTTP/1.1\r\nContent-Length: 2\r\n\r\n", 10 + i);
  client.Send(bytes);
  for (int i = 0; i < 50; ++i)
    EXPECT_THAT(client.ReadMessage(), testing::EndsWith(StrCat("PUT /", i, " ", 10 + i)));
}

TEST(HttpServerTest, PipelinedRequestsBeyondTheBufferWait) {
  TestServer server;
  RawSocket client = server.Connect();
  std::thread sender([&] {
    for (int i = 0; i < 3000; ++i)
      client.Send("GET /" + std::string(100, 'a') + " HTTP/1.1\r\n\r\n");
  });
  for (int i = 0; i < 3000; ++i) ASSERT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 200"));
  sender.join();
}

TEST(HttpServerTest, RequestsInPieces) {
  TestServer server;
  RawSocket client = server.Connect();
  const std::string bytes =
      "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
  for (const char byte : bytes) {
    client.Send({&byte, 1});
    std::this_thread::yield();
  }
  EXPECT_THAT(client.ReadMessage(), testing::EndsWith("PUT /a abc"));
}

TEST(HttpServerTest, ContinuesWhoWaits) {
  TestServer server;
  RawSocket client = server.Connect();
  for (int i = 0; i < 2; ++i) {
    client.Send("PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.Send("ab");
    EXPECT_THAT(client.ReadMessage(), testing::EndsWith("PUT /a ab"));
  }
}

TEST(HttpServerTest, WhoWaitsAndIsRefusedIsNotAskedForTheBody) {
  TestServer server;
  server.handler.route = [](const HttpRequestHead&, const PeerAddress&) {
    return MakePage(507, "no");
  };
  RawSocket client = server.Connect();
  client.Send("PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 507 Insufficient Storage\r\n"));
  EXPECT_TRUE(client.IsClosedByPeer());
}

TEST(HttpServerTest, AnAnswerFromTheLoopReadsOverTheBody) {
  TestServer server;
  std::string peer;
  server.handler.route = [&](const HttpRequestHead& head, const PeerAddress& client) {
    peer = client.host;
    return MakeResponse(200, "text/plain", head.target);
  };
  RawSocket client = server.Connect();
  client.Send("PUT /1 HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + std::string(100000, 'x'));
  client.Send("PUT /2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n");
  EXPECT_THAT(client.ReadMessage(), testing::EndsWith("/1"));
  EXPECT_THAT(client.ReadMessage(), testing::EndsWith("/2"));
  EXPECT_EQ(peer, "127.0.0.1");
}

TEST(HttpServerTest, AnAnswerFromTheLoopDoesNotReadOverAnEndlessBody) {
  TestServer server({.max_discarded_body_bytes = 1000});
  server.handler.route = [](const HttpRequestHead&, const PeerAddress&) {
    return MakeResponse(200, "text/plain", "ok");
  };
  RawSocket client = server.Connect();
  client.Send("PUT /1 HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n");
  EXPECT_THAT(client.ReadMessage(), testing::EndsWith("ok"));
  while (client.Send(std::string(10000, 'x'))) {
  }
}

struct RefusalCase {
  std::string name;
  std::string bytes;
  std::string status;
};

std::ostream& operator<<(std::ostream& out, const RefusalCase& value) { return out << value.name; }

class RefusalTable : public testing::TestWithParam<RefusalCase> {};

TEST_P(RefusalTable, AnswersAndCloses) {
  TestServer server;
  server.handler.route = [](const HttpRequestHead&, const PeerAddress&) {
    return ServeWhole{.max_body_bytes = 100};
  };
  RawSocket client = server.Connect();
  client.Send(GetParam().bytes);
  const std::string answer = client.ReadMessage();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + GetParam().status));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(client.IsClosedByPeer());
  EXPECT_EQ(server.Stats().refused, 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusalTable,
    testing::Values(
        RefusalCase{"NotHttp", "hello\r\n\r\n", "400"},
        RefusalCase{"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"},
        RefusalCase{"LongLine", "GET /" + std::string(9000, 'a'), "414"},
        RefusalCase{"BadLength", "PUT / HTTP/1.1\r\nContent-Length: -3\r\n\r\n", "400"},
        RefusalCase{"OtherCoding", "PUT / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "501"},
        RefusalCase{"LargeBody", "PUT / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", "413"},
        RefusalCase{"LargeChunkedBody",
                    "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
                        std::string(101, 'x') + "\r\n",
                    "413"},
        RefusalCase{"BadChunk", "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxxxxxx\r\n",
                    "400"}),
    [](const auto& test) { return test.param.name; });

TEST(HttpServerTest, ALongUploadStillSeesItsRefusal) {
  TestServer server;
  server.handler.route = [](const HttpRequestHead&, const PeerAddress&) {
    return ServeWhole{.max_body_bytes = 100};
  };
  RawSocket client = server.Connect();
  client.Send("PUT / HTTP/1.1\r\nContent-Length: 4000000\r\n\r\n");
  client.Send(std::string(4000000, 'x'));
  EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 413"));
}

TEST(HttpServerTest, ABrokenAnswerOfTheHandlerIs500) {
  TestServer server;
  server.handler.serve = [](const HttpRequest&) {
    return MakeResponse(200, "text/plain\r\nX-Evil: 1", "x");
  };
  RawSocket client = server.Connect();
  client.Send(kGet);
  EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 500 Internal Error\r\n"));
}

TEST(HttpServerTest, RequestsOfOneKeyAreServedOneAfterTheOther) {
  TestServer server;
  std::atomic<int> running{0};
  std::atomic<bool> met{false};
  server.handler.serve = [&](const HttpRequest&) {
    if (++running > 1) met = true;
    std::this_thread::sleep_for(milliseconds(1));
    --running;
    return MakeResponse(200, "text/plain", "");
  };
  std::vector<RawSocket> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(server.Connect());
  for (RawSocket& client : clients) client.Send(kGet);
  for (RawSocket& client : clients) EXPECT_NE(client.ReadMessage(), "");
  EXPECT_FALSE(met);
}

TEST(HttpServerTest, ASlowRequestHoldsUpNoOtherKey) {
  TestServer server;
  Gate gate;
  server.handler.serve = [&](const HttpRequest& request) {
    if (request.head.target == "/slow") gate.Wait();
    return MakeResponse(200, "text/plain", request.head.target);
  };
  RawSocket slow = server.Connect();
  slow.Send("GET /slow HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(gate.HasWaiting(1));
  RawSocket quick = server.Connect();
  quick.Send(kGet);
  EXPECT_THAT(quick.ReadMessage(), testing::EndsWith("/a"));
  EXPECT_EQ(server.Stats().requests_running, 1U);
  gate.Open();
  EXPECT_THAT(slow.ReadMessage(), testing::EndsWith("/slow"));
}

TEST(HttpServerTest, AFullQueueIs503AndTheConnectionLives) {
  TestServer server({}, {.threads = 1, .max_queued = 1});
  Gate gate;
  server.handler.serve = [&](const HttpRequest&) {
    gate.Wait();
    return MakeResponse(200, "text/plain", "");
  };
  RawSocket first = server.Connect();
  RawSocket second = server.Connect();
  RawSocket third = server.Connect();
  first.Send(kGet);
  ASSERT_TRUE(gate.HasWaiting(1));
  second.Send(kGet);
  ASSERT_TRUE(Eventually([&] { return server.Stats().requests_running == 2; }));
  third.Send(kGet);
  EXPECT_THAT(third.ReadMessage(), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  gate.Open();
  for (RawSocket* client : {&first, &second}) EXPECT_NE(client->ReadMessage(), "");
  third.Send(kGet);
  EXPECT_THAT(third.ReadMessage(), StartsWith("HTTP/1.1 200"));
}

TEST(HttpServerTest, AClientThatClosesItsHalfGetsItsAnswer) {
  TestServer server;
  RawSocket client = server.Connect();
  client.Send(kGet);
  client.ShutDownSending();
  EXPECT_THAT(client.ReadToEnd(), testing::EndsWith("GET /a "));
}

TEST(HttpServerTest, AClientThatLeavesDuringItsRequestHarmsNobody) {
  TestServer server;
  Gate gate;
  server.handler.serve = [&](const HttpRequest&) {
    gate.Wait();
    return MakeResponse(200, "text/plain", std::string(100000, 'x'));
  };
  for (int i = 0; i < 5; ++i) {
    RawSocket client = server.Connect();
    client.Send(kGet);
  }
  ASSERT_TRUE(gate.HasWaiting(1));
  gate.Open();
  EXPECT_TRUE(Eventually([&] {
    const HttpServerStats stats = server.Stats();
    return stats.open_connections == 0 && stats.requests_running == 0;
  }));
}

TEST(HttpServerTest, ServesOnIpv6) {
  TestServer server({}, {.threads = 1}, "::1");
  std::string host;
  server.handler.route = [&](const HttpRequestHead&, const PeerAddress& client) {
    host = client.host;
    return MakeResponse(200, "text/plain", "six");
  };
  RawSocket client = RawSocket::Connect(server.port(), true);
  client.Send(kGet);
  EXPECT_THAT(client.ReadMessage(), testing::EndsWith("six"));
  EXPECT_EQ(host, "::1");
}

}  // namespace
}  // namespace dbrepl
