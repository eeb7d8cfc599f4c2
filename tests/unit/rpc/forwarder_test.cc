#include "rpc/forwarder.h"

#include <atomic>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/strings.h"
#include "tests/unit/rpc/test_server.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

// A server that forwards everything to `upstream`.
class ForwarderTest : public testing::Test {
 protected:
  void ForwardToPort(std::uint16_t port, const ForwardOptions& options = {}) {
    front.handler.route = [this, port, options](const HttpRequestHead&, const PeerAddress&) {
      return ForwardTo(front.loop(), {"127.0.0.1", port}, options);
    };
  }

  TestServer front;
};

TEST_F(ForwarderTest, PassesOnWhatItGets) {
  std::string seen;
  RawServer upstream([&](RawSocket& socket, int) {
    seen = socket.ReadMessage();
    socket.Send(
        "HTTP/1.1 202 Quite Accepted\r\nX-b: 2\r\nContent-Length: 3\r\nx-A: 1\r\n"
        "Date: Sat, 21 Nov 2026 01:34:23 GMT\r\nConnection: close\r\n\r\nyes");
  });
  ForwardToPort(upstream.port());
  RawSocket client = front.Connect();
  client.Send(
      "UPDATE /sd1/%20a?x=y HTTP/1.1\r\nHost: me\r\nX-Odd: 1\r\nConnection: X-Mine\r\n"
      "X-Mine: 1\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(client.ReadMessage(),
            "HTTP/1.1 202 Quite Accepted\r\nX-b: 2\r\nContent-Length: 3\r\nx-A: 1\r\n"
            "Date: Sat, 21 Nov 2026 01:34:23 GMT\r\n\r\nyes");
  EXPECT_EQ(seen,
            "UPDATE /sd1/%20a?x=y HTTP/1.1\r\nHost: me\r\nX-Odd: 1\r\nContent-Length: 4\r\n"
            "Connection: close\r\n\r\nbody");
}

TEST_F(ForwarderTest, OneClientConnectionServesManyRequests) {
  TestServer upstream;
  ForwardToPort(upstream.port());
  RawSocket client = front.Connect();
  for (int i = 0; i < 5; ++i) {
    client.Send(StrCat("POST /", i, " HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"));
    EXPECT_THAT(client.ReadMessage(), testing::EndsWith(StrCat("POST /", i, " x")));
  }
}

TEST_F(ForwarderTest, ChunksBothWays) {
  std::string seen;
  RawServer upstream([&](RawSocket& socket, int) {
    seen = *socket.ReadUntil("0\r\n\r\n");
    socket.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  });
  ForwardToPort(upstream.port());
  RawSocket client = front.Connect();
  client.Send("PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
  EXPECT_THAT(*client.ReadUntil("\r\n\r\n"), HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_EQ(client.ReadUntil("0\r\n\r\n"), "3\r\nabc\r\n0\r\n\r\n");
  EXPECT_THAT(seen, testing::EndsWith("\r\n\r\n2\r\nhi\r\n0\r\n\r\n"));
}

TEST_F(ForwarderTest, AnAnswerWithoutLengthReachesAnOldClient) {
  RawServer upstream([&](RawSocket& socket, int) {
    socket.ReadMessage();
    socket.Send("HTTP/1.0 200 OK\r\n\r\nall of it");
  });
  ForwardToPort(upstream.port());
  RawSocket client = front.Connect();
  client.Send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.ReadToEnd(), testing::EndsWith("\r\n\r\nall of it"));
}

TEST_F(ForwarderTest, HeadAndNoContentHaveNoBody) {
  RawServer upstream([&](RawSocket& socket, int number) {
    socket.ReadMessage();
    socket.Send(number == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                            : "HTTP/1.1 204 No Content\r\n\r\n");
  });
  ForwardToPort(upstream.port());
  RawSocket client = front.Connect();
  client.Send("HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
  EXPECT_THAT(*client.ReadUntil("\r\n\r\n"), HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(*client.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 204 No Content\r\n"));
}

TEST_F(ForwarderTest, WhoWaitsForContinueGetsIt) {
  TestServer upstream;
  ForwardToPort(upstream.port());
  RawSocket client = front.Connect();
  client.Send("PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ab");
  EXPECT_THAT(client.ReadMessage(), testing::EndsWith("PUT /a ab"));
}

TEST_F(ForwarderTest, NobodyThereIs502AndTheConnectionLives) {
  std::uint16_t port = 0;
  { port = RawServer(1).port(); }
  ForwardToPort(port);
  RawSocket client = front.Connect();
  for (int i = 0; i < 2; ++i) {
    client.Send("PUT /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nab");
    const std::string answer = client.ReadMessage();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\n"));
    EXPECT_THAT(answer, testing::EndsWith(StrCat(
                            "\r\n\r\nThis server passes the request on, but 127.0.0.1:", port,
                            ": connect: connection refused.\n")));
  }
}

TEST_F(ForwarderTest, BreakingOffBeforeTheAnswerIs502) {
  RawServer upstream([](RawSocket& socket, int) { socket.ReadMessage(); });
  ForwardToPort(upstream.port());
  RawSocket client = front.Connect();
  client.Send("GET /a HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 502"));
}

TEST_F(ForwarderTest, SilenceIs504) {
  RawServer upstream([](RawSocket& socket, int) {
    socket.ReadMessage();
    socket.IsClosedByPeer();
  });
  ForwardToPort(upstream.port(), {.quiet_timeout = milliseconds(30)});
  RawSocket client = front.Connect();
  client.Send("GET /a HTTP/1.1\r\n\r\n");
  const std::string answer = client.ReadMessage();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 504 Gateway Timeout\r\n"));
  EXPECT_THAT(answer, HasSubstr("silent for 30 ms"));
}

TEST_F(ForwarderTest, BreakingOffInTheAnswerCutsTheClient) {
  RawServer upstream([](RawSocket& socket, int) {
    socket.ReadMessage();
    socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nab");
  });
  ForwardToPort(upstream.port());
  RawSocket client = front.Connect();
  client.Send("GET /a HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.ReadToEnd(), testing::EndsWith("\r\n\r\nab"));
}

TEST_F(ForwarderTest, AnEarlyRefusalReachesTheClientWhileItStillSends) {
  RawServer upstream([](RawSocket& socket, int) {
    socket.ReadUntil("\r\n\r\n");
    socket.Send("HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 0\r\n\r\n");
    socket.IsClosedByPeer();
  });
  ForwardToPort(upstream.port());
  RawSocket client = front.Connect();
  client.Send("PUT /a HTTP/1.1\r\nContent-Length: 300000\r\n\r\n" + std::string(300000, 'x'));
  EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 507"));
}

TEST_F(ForwarderTest, TheClientsEndEndsUpstream) {
  std::atomic<bool> closed{false};
  RawServer upstream([&](RawSocket& socket, int) {
    socket.ReadMessage();
    closed = socket.IsClosedByPeer();
  });
  ForwardToPort(upstream.port());
  {
    RawSocket client = front.Connect();
    client.Send("PUT /a HTTP/1.1\r\nContent-Length: 10\r\n\r\nab");
    ASSERT_TRUE(
        Eventually([&] { return upstream.accepted() == 1 || front.Stats().requests == 1; }));
  }
  EXPECT_TRUE(Eventually([&] { return front.Stats().open_connections == 0; }));
}

constexpr std::size_t kBytes = 40'000'000;

TEST_F(ForwarderTest, ASlowUpstreamHoldsTheClientBack) {
  Gate gate;
  RawServer upstream([&](RawSocket& socket, int) {
    socket.ReadUntil("\r\n\r\n");
    gate.Wait();
    socket.ReadBytes(kBytes);
    socket.Send("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  });
  ForwardToPort(upstream.port());
  RawSocket client = front.Connect();
  std::atomic<std::size_t> sent{0};
  std::thread sender([&] {
    client.Send(StrCat("PUT /a HTTP/1.1\r\nContent-Length: ", kBytes, "\r\n\r\n"));
    const std::string piece(100'000, 'x');
    while (sent < kBytes && client.Send(piece)) sent += piece.size();
  });
  ASSERT_TRUE(gate.HasWaiting(1));
  EXPECT_LT(Settled(sent), kBytes) << "all of it was taken in";
  gate.Open();
  EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 201"));
  sender.join();
  EXPECT_EQ(sent, kBytes);
}

TEST_F(ForwarderTest, ASlowClientHoldsUpstreamBack) {
  std::atomic<std::size_t> sent{0};
  RawServer upstream([&](RawSocket& socket, int) {
    socket.ReadUntil("\r\n\r\n");
    socket.Send(StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", kBytes, "\r\n\r\n"));
    const std::string piece(100'000, 'x');
    while (sent < kBytes && socket.Send(piece)) sent += piece.size();
  });
  ForwardToPort(upstream.port());
  RawSocket client = front.Connect();
  client.Send("GET /a HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(Eventually([&] { return sent > 0; }));
  EXPECT_LT(Settled(sent), kBytes) << "all of it was taken in";
  client.ReadUntil("\r\n\r\n");
  EXPECT_EQ(client.ReadBytes(kBytes)->size(), kBytes);
}

}  // namespace
}  // namespace dbrepl
