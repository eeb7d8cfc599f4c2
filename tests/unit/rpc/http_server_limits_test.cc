// Time limits, connection limits, back pressure and the graceful stop of HttpServer.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/strings.h"
#include "rpc/http_server.h"
#include "tests/unit/rpc/test_server.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(HttpServerLimitsTest, IdleConnectionsAreClosed) {
  TestServer server({.idle_timeout = milliseconds(30)});
  RawSocket fresh = server.Connect();
  RawSocket used = server.Connect();
  used.Send(kGet);
  EXPECT_NE(used.ReadMessage(), "");
  EXPECT_TRUE(fresh.IsClosedByPeer());
  EXPECT_TRUE(used.IsClosedByPeer());
  EXPECT_EQ(server.Stats().timeouts, 0U);
}

TEST(HttpServerLimitsTest, AHeadThatDripsIsCutOff) {
  TestServer server({.head_timeout = milliseconds(60)});
  RawSocket client = server.Connect();
  int sent = 0;
  // Each byte comes in time; the whole does not.
  while (sent < 100 && client.Send("G") && server.Stats().timeouts == 0) {
    std::this_thread::sleep_for(milliseconds(5));
    ++sent;
  }
  EXPECT_LT(sent, 100);
  EXPECT_EQ(server.Stats().timeouts, 1U);
}

TEST(HttpServerLimitsTest, ABodyThatDoesNotComeIs408) {
  TestServer server({.body_timeout = milliseconds(30)});
  RawSocket client = server.Connect();
  client.Send("PUT /a HTTP/1.1\r\nContent-Length: 10\r\n\r\nab");
  EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_TRUE(client.IsClosedByPeer());
  EXPECT_EQ(server.Stats().timeouts, 1U);
}

// Each may be as long as all together; nobody had added them up.
TEST(HttpServerLimitsTest, BodiesOfAllConnectionsTogetherAreBounded) {
  TestServer server({.max_body_bytes_in_all = 100'000});
  const std::string head = "PUT /a HTTP/1.1\r\nContent-Length: 90000\r\n\r\n";
  RawSocket first = server.Connect();
  first.Send(head + std::string(60'000, 'x'));
  RawSocket second = server.Connect();
  const std::string busy = "HTTP/1.1 503 ";
  // The first one's bytes may still be on their way.
  std::string answer;
  do {
    second = server.Connect();
    second.Send(head + std::string(90'000, 'x'));
    answer = second.ReadMessage();
  } while (!answer.starts_with(busy));
  first.Send(std::string(30'000, 'x'));
  EXPECT_THAT(first.ReadMessage(), StartsWith("HTTP/1.1 200 OK\r\n"));
  // What was served or refused counts no more.
  for (int i = 0; i < 5; ++i) {
    RawSocket later = server.Connect();
    later.Send(head + std::string(90'000, 'x'));
    EXPECT_THAT(later.ReadMessage(), StartsWith("HTTP/1.1 200 OK\r\n"));
    RawSocket gone = server.Connect();
    gone.Send(head + "x");
  }
}

TEST(HttpServerLimitsTest, TheHandlerHearsOfEveryRefusal) {
  TestServer server({.body_timeout = milliseconds(30)});
  server.handler.route = [](const HttpRequestHead&, const PeerAddress&) {
    return Route(ServeWhole{.max_body_bytes = 10});
  };
  std::vector<std::string> told;
  server.handler.refused = [&](int status, std::string_view problem) {
    told.push_back(StrCat(status, " ", problem));
  };
  for (const char* request :
       {"nonsense\r\n\r\n", "PUT /a HTTP/1.1\r\nContent-Length: 11\r\n\r\n",
        "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n",
        "PUT /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"}) {
    RawSocket client = server.Connect();
    client.Send(request);
    EXPECT_NE(client.ReadMessage(), "");
  }
  server.Do([&] {
    EXPECT_THAT(told, testing::ElementsAre(StartsWith("400 HTTP message"),
                                           "413 the body is too long", "413 the body is too long",
                                           "408 its body has not come in time"));
  });
}

TEST(HttpServerLimitsTest, AReaderThatDoesNotReadIsCutOff) {
  TestServer server({.write_timeout = milliseconds(50)});
  server.handler.serve = [](const HttpRequest&) {
    return MakeResponse(200, "text/plain", std::string(20'000'000, 'x'));
  };
  RawSocket client = server.Connect();
  client.Send(kGet);
  EXPECT_TRUE(Eventually([&] { return server.Stats().timeouts == 1; }));
  EXPECT_TRUE(Eventually([&] { return server.Stats().open_connections == 0; }));
}

TEST(HttpServerLimitsTest, ServingHasNoTimeLimit) {
  TestServer server({.idle_timeout = milliseconds(10),
                     .head_timeout = milliseconds(10),
                     .body_timeout = milliseconds(10)});
  server.handler.serve = [](const HttpRequest&) {
    std::this_thread::sleep_for(milliseconds(60));
    return MakeResponse(200, "text/plain", "late");
  };
  RawSocket client = server.Connect();
  client.Send(kGet);
  EXPECT_THAT(client.ReadMessage(), testing::EndsWith("late"));
}

TEST(HttpServerLimitsTest, AClientThatDoesNotCloseAfterTheLastAnswerIsClosed) {
  TestServer server({.linger_timeout = milliseconds(20)});
  RawSocket client = server.Connect();
  client.Send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_NE(client.ReadMessage(), "");
  EXPECT_TRUE(Eventually([&] { return server.Stats().open_connections == 0; }));
}

TEST(HttpServerLimitsTest, ConnectionsBeyondTheLimitWaitForTheirTurn) {
  TestServer server({.max_connections = 2});
  std::vector<RawSocket> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(server.Connect());
  for (RawSocket& client : clients) client.Send(kGet);
  std::size_t most = 0;
  for (RawSocket& client : clients) {
    EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 200"));
    most = std::max(most, server.Stats().open_connections);
    client.Close();
  }
  EXPECT_EQ(most, 2U);
  EXPECT_TRUE(Eventually([&] { return server.Stats().open_connections == 0; }));
}

TEST(HttpServerLimitsTest, OnePeerDoesNotGetEveryConnection) {
  TestServer server({.max_connections = 10, .max_connections_per_peer = 2});
  RawSocket first = server.Connect();
  RawSocket second = server.Connect();
  RawSocket third = server.Connect();
  EXPECT_THAT(third.ReadMessage(), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_TRUE(third.IsClosedByPeer());
  third.Close();
  first.Close();
  EXPECT_TRUE(Eventually([&] { return server.Stats().open_connections == 1; }));
  RawSocket fourth = server.Connect();
  fourth.Send(kGet);
  EXPECT_THAT(fourth.ReadMessage(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(server.Stats().peer_limit_hits, 1U);
}

TEST(HttpServerStopTest, RunningRequestsAreFinishedAndIdleConnectionsClosed) {
  TestServer server;
  Gate gate;
  server.handler.serve = [&](const HttpRequest&) {
    gate.Wait();
    return MakeResponse(200, "text/plain", "done");
  };
  RawSocket running = server.Connect();
  running.Send(kGet);
  RawSocket half = server.Connect();
  half.Send("PUT /b HTTP/1.1\r\nContent-Length: 2\r\n\r\na");
  RawSocket idle = server.Connect();
  ASSERT_TRUE(gate.HasWaiting(1));
  ASSERT_TRUE(Eventually([&] { return server.Stats().requests == 2; }));

  std::atomic<bool> done{false};
  server.Do([&] { server.server().StopGracefully([&] { done = true; }); });
  EXPECT_TRUE(idle.IsClosedByPeer());
  EXPECT_FALSE(done);
  gate.Open();
  EXPECT_THAT(running.ReadMessage(), HasSubstr("Connection: close\r\n\r\ndone"));
  half.Send("b");
  EXPECT_THAT(half.ReadMessage(), HasSubstr("Connection: close\r\n\r\ndone"));
  EXPECT_TRUE(running.IsClosedByPeer());
  EXPECT_FALSE(done);
  running.Close();
  half.Close();
  EXPECT_TRUE(Eventually([&] { return done.load(); }));
}

TEST(HttpServerStopTest, RequestSentWhileItStopsIsAnswered) {
  TestServer server;
  RawSocket fresh = server.Connect();
  ASSERT_TRUE(Eventually([&] { return server.Stats().connections == 1; }));
  std::atomic<bool> done{false};
  server.Do([&] { server.server().StopGracefully([&] { done = true; }); });
  fresh.Send(kGet);
  EXPECT_THAT(fresh.ReadMessage(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(fresh.IsClosedByPeer());
  fresh.Close();
  EXPECT_TRUE(Eventually([&] { return done.load(); }));
}

TEST(HttpServerStopTest, ListensNoMore) {
  TestServer server;
  std::atomic<bool> done{false};
  server.Do([&] { server.server().StopGracefully([&] { done = true; }); });
  EXPECT_TRUE(Eventually([&] { return done.load(); }));
  const auto address = NumericAddress({"127.0.0.1", server.port()});
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_NE(::connect(fd.get(), address->get(), address->size()), 0);
}

TEST(HttpServerStopTest, TheLoopMayEndUnderRunningRequests) {
  Gate gate;
  std::thread opener;
  {
    TestServer server;
    server.handler.serve = [&](const HttpRequest&) {
      gate.Wait();
      return MakeResponse(200, "text/plain", "");
    };
    RawSocket client = server.Connect();
    client.Send(kGet);
    ASSERT_TRUE(gate.HasWaiting(1));
    opener = std::thread([&] {
      std::this_thread::sleep_for(milliseconds(20));
      gate.Open();
    });
  }
  opener.join();
}

// A streamed answer of 50 MB that notes how far it got.
class Firehose final : public RequestStream {
 public:
  Firehose(ResponseStream& client, std::atomic<std::size_t>& sent) : client_(client), sent_(sent) {}
  void OnRequestBody(std::string_view) override {}
  void OnRequestEnd() override {
    client_.SendHead({200, "", 1, {{"Content-Type", "text/plain"}}});
    OnResponseDrained();
  }
  void OnResponseDrained() override {
    while (sent_ < kPieces) {
      ++sent_;
      if (!client_.SendBody(std::string(kPieceBytes, 'x'))) return;
    }
    client_.Finish();
  }
  void OnClientGone() override {}

  static constexpr std::size_t kPieces = 1000;
  static constexpr std::size_t kPieceBytes = 50'000;

 private:
  ResponseStream& client_;
  std::atomic<std::size_t>& sent_;
};

TEST(HttpServerStreamTest, ASlowReaderHoldsTheSourceBack) {
  TestServer server;
  std::atomic<std::size_t> sent{0};
  server.handler.route = [&](const HttpRequestHead&, const PeerAddress&) {
    return ServeStream{[&](HttpRequestHead, ResponseStream& client) {
      return std::make_unique<Firehose>(client, sent);
    }};
  };
  RawSocket client = server.Connect();
  client.Send(kGet);
  ASSERT_TRUE(Eventually([&] { return sent > 0; }));
  EXPECT_LT(Settled(sent), Firehose::kPieces) << "all of it was queued";
  const std::string head = *client.ReadUntil("\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked"));
  for (std::size_t i = 0; i < Firehose::kPieces; ++i)
    ASSERT_EQ(client.ReadBytes(Firehose::kPieceBytes + 8)->substr(0, 6), "c350\r\n");
  EXPECT_EQ(client.ReadUntil("0\r\n\r\n"), "0\r\n\r\n");
  client.Send(kGet);
  EXPECT_THAT(*client.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
}

// Takes nothing until it is told to; then all.
class Dam final : public RequestStream {
 public:
  Dam(ResponseStream& client, std::atomic<std::size_t>& taken) : client_(client), taken_(taken) {
    client_.PauseRequest();
  }
  void OnRequestBody(std::string_view piece) override { taken_ += piece.size(); }
  void OnRequestEnd() override {
    client_.SendHead({201, "", 1, {{"Content-Length", "0"}}});
    client_.Finish();
  }
  void OnResponseDrained() override {}
  void OnClientGone() override {}
  void Open() { client_.ResumeRequest(); }

 private:
  ResponseStream& client_;
  std::atomic<std::size_t>& taken_;
};

TEST(HttpServerStreamTest, APausedRequestIsHeldBackAtTheSender) {
  TestServer server;
  std::atomic<std::size_t> taken{0};
  Dam* dam = nullptr;
  server.handler.route = [&](const HttpRequestHead&, const PeerAddress&) {
    return ServeStream{[&](HttpRequestHead, ResponseStream& client) {
      auto made = std::make_unique<Dam>(client, taken);
      dam = made.get();
      return made;
    }};
  };
  constexpr std::size_t kBytes = 50'000'000;
  RawSocket client = server.Connect();
  std::atomic<std::size_t> sent{0};
  std::thread sender([&] {
    client.Send(StrCat("PUT /a HTTP/1.1\r\nContent-Length: ", kBytes, "\r\n\r\n"));
    const std::string piece(100'000, 'x');
    while (sent < kBytes && client.Send(piece)) sent += piece.size();
  });
  ASSERT_TRUE(Eventually([&] { return sent > 100'000; }));
  EXPECT_LT(Settled(sent), kBytes);
  EXPECT_EQ(taken, 0U);
  server.Do([&] { dam->Open(); });
  EXPECT_THAT(client.ReadMessage(), StartsWith("HTTP/1.1 201 Created"));
  sender.join();
  EXPECT_EQ(taken, kBytes);
}

TEST(ListenerTest, TakenPortIsWaitedForAndThenReported) {
  // Without SO_REUSEPORT on both sides, the port is taken.
  UniqueFd blocker(::socket(AF_INET, SOCK_STREAM, 0));
  auto address = *NumericAddress({"127.0.0.1", 0});
  ASSERT_EQ(::bind(blocker.get(), address.get(), address.size()), 0);
  ASSERT_EQ(::listen(blocker.get(), 1), 0);
  ListenOptions options;
  options.bind_ip = "127.0.0.1";
  options.bind_port = ListenerPort(blocker.get());
  options.bind_timeout = std::chrono::seconds(0);
  EXPECT_EQ(OpenListener(options).error().code, Errc::kBusy);

  options.bind_timeout = std::chrono::seconds(5);
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(30));
    blocker.Reset();
  });
  EXPECT_TRUE(OpenListener(options));
  later.join();
}

TEST(ListenerTest, SharesItsPortAndRefusesNames) {
  ListenOptions options;
  options.bind_ip = "127.0.0.1";
  const auto first = OpenListener(options);
  options.bind_port = ListenerPort(first->get());
  EXPECT_TRUE(OpenListener(options));
  options.bind_ip = "localhost";
  EXPECT_EQ(OpenListener(options).error().code, Errc::kBadInput);
  options.bind_ip = "203.0.113.1";
  options.bind_timeout = std::chrono::seconds(0);
  EXPECT_EQ(OpenListener(options).error().code, Errc::kIo);
}

}  // namespace
}  // namespace dbrepl
