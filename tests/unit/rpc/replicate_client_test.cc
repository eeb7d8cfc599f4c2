#include "rpc/replicate_client.h"

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/socket.h>

#include "common/random.h"
#include "common/strings.h"
#include "tests/unit/rpc/test_server.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// A client on a loop of its own.
class ReplicateClientTest : public testing::Test {
 protected:
  ReplicateClientTest() { MakeClient({}); }
  ~ReplicateClientTest() override {
    EXPECT_TRUE(thread_.loop().PostAndWait([this] { client_.reset(); }));
  }

  void MakeClient(const ReplicateClientOptions& options) {
    client_ =
        std::make_unique<ReplicateClient>(thread_.loop(), options, SystemClock(), SystemRandom());
  }
  Result<HttpResponse> Call(std::uint16_t port, const CallOptions& options = {}) {
    return client_->Call({"127.0.0.1", port}, MakeReplicateRequest("/sd1/8/ff", "[]"), options);
  }
  Errc CallError(std::uint16_t port, const CallOptions& options = {}) {
    const auto result = Call(port, options);
    EXPECT_FALSE(result.has_value());
    return result ? Errc::kIo : result.error().code;
  }

  LoopThread thread_ = *LoopThread::Start();
  std::unique_ptr<ReplicateClient> client_;
};

TEST_F(ReplicateClientTest, WritesHeadersAsSwiftsClient) {
  std::string seen;
  RawServer server([&](RawSocket& socket, int) {
    seen = socket.ReadMessage();
    socket.Send(kAnswer);
  });
  const auto answer = Call(server.port());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->head.status, 200);
  EXPECT_EQ(answer->body, "ok");
  EXPECT_EQ(seen, StrCat("REPLICATE /sd1/8/ff HTTP/1.1\r\nHost: 127.0.0.1:", server.port(),
                         "\r\nAccept-Encoding: identity\r\nContent-Length: 2\r\n"
                         "Content-Type: application/json\r\n\r\n[]"));
}

TEST_F(ReplicateClientTest, AnyStatusIsAnAnswer) {
  TestServer server;
  server.handler.serve = [](const HttpRequest&) { return MakePage(507, "no"); };
  EXPECT_EQ(Call(server.port())->head.status, 507);
}

TEST_F(ReplicateClientTest, KeepsItsConnectionForAnyPath) {
  TestServer server;
  for (const std::string path : {"/1", "/2", "/3"}) {
    const auto answer =
        client_->Call({"127.0.0.1", server.port()}, MakeReplicateRequest(path, "[]"));
    EXPECT_EQ(answer->body, "REPLICATE " + path + " []");
  }
  EXPECT_EQ(server.Stats().connections, 1U);
  EXPECT_EQ(client_->stats().connections, 1U);
  EXPECT_EQ(client_->stats().reused, 2U);
}

TEST_F(ReplicateClientTest, HeadHasNoBodyAndTheConnectionLives) {
  TestServer server;
  HttpRequest request;
  request.head.method = "HEAD";
  request.head.target = "/a";
  for (int i = 0; i < 2; ++i) {
    const auto answer = client_->Call({"127.0.0.1", server.port()}, request);
    EXPECT_EQ(answer->body, "");
    EXPECT_EQ(*answer->head.headers.Find("content-length"), "8");
  }
  EXPECT_EQ(server.Stats().connections, 1U);
}

TEST_F(ReplicateClientTest, RetriesOnceWhenAKeptConnectionWasClosed) {
  // The server hangs up after each answer without saying so; the client learns of it when it sends
  // or before. Both are fine.
  RawServer server([](RawSocket& socket, int) {
    socket.ReadMessage();
    socket.Send(kAnswer);
  });
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Call(server.port())->body, "ok");
  EXPECT_EQ(server.accepted(), 20);
}

TEST_F(ReplicateClientTest, RetriesWhenAKeptConnectionIsCutUnderTheRequest) {
  RawServer server([](RawSocket& socket, int number) {
    socket.ReadMessage();
    socket.Send(kAnswer);
    if (number == 0) socket.ReadMessage();  // reads the second request, and hangs up on it
  });
  EXPECT_EQ(Call(server.port())->body, "ok");
  EXPECT_EQ(Call(server.port())->body, "ok");
  EXPECT_EQ(client_->stats().retries, 1U);
}

TEST_F(ReplicateClientTest, DoesNotRetryWhereTheAnswerHadBegun) {
  std::atomic<int> requests{0};
  RawServer server([&](RawSocket& socket, int) {
    while (!socket.ReadMessage().empty())
      if (socket.Send(++requests == 2 ? "HTTP/1.1 20" : kAnswer), requests == 2) return;
  });
  EXPECT_EQ(Call(server.port())->body, "ok");
  EXPECT_EQ(CallError(server.port()), Errc::kUnreachable);
  EXPECT_EQ(requests, 2);
}

TEST_F(ReplicateClientTest, DoesNotRetryOnAFreshConnection) {
  RawServer server([](RawSocket& socket, int) { socket.ReadMessage(); });
  EXPECT_EQ(CallError(server.port()), Errc::kUnreachable);
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(ReplicateClientTest, RefusedConnection) {
  std::uint16_t port = 0;
  { port = RawServer(1).port(); }
  const auto answer = Call(port);
  EXPECT_EQ(answer.error().code, Errc::kUnreachable);
  EXPECT_THAT(answer.error().message,
              StartsWith(StrCat("127.0.0.1:", port, ": connect: connection refused")));
}

TEST_F(ReplicateClientTest, ConnTimeoutWhenNobodyAccepts) {
  // A full backlog drops further handshakes: the connection hangs, as towards a dead host.
  RawServer server(0);
  std::vector<UniqueFd> fillers;
  const auto address = *NumericAddress({"127.0.0.1", server.port()});
  for (int i = 0; i < 4; ++i) {
    fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    ::connect(fillers.back().get(), address.get(), address.size());
  }
  CallOptions options;
  options.conn_timeout = milliseconds(50);
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = Call(server.port(), options);
  EXPECT_EQ(answer.error().code, Errc::kTimeout);
  EXPECT_THAT(answer.error().message, HasSubstr("connect: no answer within 50 ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, options.node_timeout);
}

TEST_F(ReplicateClientTest, NodeTimeoutWhenTheAnswerDrips) {
  RawServer server([](RawSocket& socket, int) {
    socket.ReadMessage();
    socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (socket.Send("x")) std::this_thread::sleep_for(milliseconds(5));
  });
  CallOptions options;
  options.node_timeout = milliseconds(60);
  EXPECT_EQ(CallError(server.port(), options), Errc::kTimeout);
}

TEST_F(ReplicateClientTest, ConnTimeoutDoesNotLimitTheAnswer) {
  TestServer server;
  server.handler.serve = [](const HttpRequest&) {
    std::this_thread::sleep_for(milliseconds(80));
    return MakeResponse(200, "text/plain", "late");
  };
  CallOptions options;
  options.conn_timeout = milliseconds(40);
  EXPECT_EQ(Call(server.port(), options)->body, "late");
}

// SIGUSR1 asks a replicator how far it is; the system gives it to whichever thread it likes.
TEST_F(ReplicateClientTest, SignalsEndNoCall) {
  struct sigaction action {};
  action.sa_handler = [](int) {};  // without SA_RESTART: what waits is interrupted
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGUSR2, &action, &before), 0);
  TestServer server;
  Gate gate;
  server.handler.serve = [&](const HttpRequest&) {
    gate.Wait();
    return MakeResponse(200, "text/plain", "calm");
  };
  std::atomic<bool> done{false};
  std::thread caller([&] {
    EXPECT_EQ(Call(server.port())->body, "calm");
    done = true;
  });
  ASSERT_TRUE(gate.HasWaiting(1));
  for (int i = 0; i < 20; ++i) {
    ::pthread_kill(caller.native_handle(), SIGUSR2);
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_FALSE(done);
  gate.Open();
  caller.join();
  ::sigaction(SIGUSR2, &before, nullptr);
}

TEST_F(ReplicateClientTest, LargeAnswersAreBounded) {
  TestServer server;
  server.handler.serve = [](const HttpRequest&) {
    return MakeResponse(200, "text/plain", std::string(1'000'000, 'x'));
  };
  CallOptions options;
  options.max_response_bytes = 999'999;
  EXPECT_EQ(CallError(server.port(), options), Errc::kRejected);
  options.max_response_bytes = 1'000'000;
  EXPECT_EQ(Call(server.port(), options)->body.size(), 1'000'000U);
}

TEST_F(ReplicateClientTest, AnswersThatAreNoHttp) {
  for (const std::string_view bytes :
       {std::string_view("SSH-2.0\r\n\r\n"), std::string_view("HTTP/1.1 200 OK\r\n"),
        std::string_view("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")}) {
    RawServer server([bytes](RawSocket& socket, int) {
      socket.ReadMessage();
      socket.Send(bytes);
    });
    EXPECT_EQ(CallError(server.port()), Errc::kUnreachable) << bytes;
  }
}

TEST_F(ReplicateClientTest, InterimAnswersAreReadOver) {
  RawServer server([](RawSocket& socket, int) {
    socket.ReadMessage();
    socket.Send(StrCat("HTTP/1.1 100 Continue\r\n\r\n", kAnswer));
  });
  EXPECT_EQ(Call(server.port())->body, "ok");
}

TEST_F(ReplicateClientTest, ABodyMayEndWithTheConnection) {
  RawServer server([](RawSocket& socket, int) {
    socket.ReadMessage();
    socket.Send("HTTP/1.0 200 OK\r\n\r\nuntil the end");
  });
  EXPECT_EQ(Call(server.port())->body, "until the end");
}

TEST_F(ReplicateClientTest, BytesNobodyAskedForEndTheConnection) {
  RawServer server([](RawSocket& socket, int) {
    socket.ReadMessage();
    socket.Send(StrCat(kAnswer, "HTTP/1.1 500 Internal Error\r\n\r\n"));
    socket.IsClosedByPeer();
  });
  EXPECT_EQ(Call(server.port())->body, "ok");
  EXPECT_EQ(Call(server.port())->body, "ok");
  EXPECT_EQ(server.accepted(), 2);
}

TEST_F(ReplicateClientTest, AStopEndsTheCall) {
  RawServer server([](RawSocket& socket, int) {
    socket.ReadMessage();
    socket.IsClosedByPeer();
  });
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(20));
    stop.request_stop();
  });
  CallOptions options;
  options.stop = stop.get_token();
  EXPECT_EQ(CallError(server.port(), options), Errc::kCancelled);
  EXPECT_EQ(CallError(server.port(), options), Errc::kCancelled) << "stopped before it began";
  // Neither says anything about the peer, which is asked as before.
  options = {};
  options.node_timeout = milliseconds(30);
  EXPECT_EQ(CallError(server.port(), options), Errc::kTimeout);
}

TEST_F(ReplicateClientTest, AStopEndsConnectingToo) {
  RawServer server(0);  // its backlog is full, as towards a dead host
  std::vector<UniqueFd> fillers;
  const auto address = *NumericAddress({"127.0.0.1", server.port()});
  for (int i = 0; i < 4; ++i) {
    fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    ::connect(fillers.back().get(), address.get(), address.size());
  }
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(20));
    stop.request_stop();
  });
  CallOptions options;
  options.conn_timeout = milliseconds(60'000);
  options.stop = stop.get_token();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(CallError(server.port(), options), Errc::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, options.conn_timeout);
}

TEST_F(ReplicateClientTest, NodeTimeoutAlsoWhenThePeerReadsNothing) {
  Gate gate;
  RawServer server([&](RawSocket& socket, int) {
    socket.SetReceiveBuffer(4096);
    gate.Wait();
  });
  CallOptions options;
  options.node_timeout = milliseconds(60);
  const auto request = MakeReplicateRequest("/a", std::string(std::size_t{32} << 20, ' '));
  const auto answer = client_->Call({"127.0.0.1", server.port()}, request, options);
  EXPECT_EQ(answer.error().code, Errc::kTimeout);
  EXPECT_THAT(answer.error().message, HasSubstr("no whole answer within 60 ms"));
  gate.Open();
}

TEST_F(ReplicateClientTest, AnAnswerThatCameBeforeAllWasSentIsHeard) {
  RawServer server([](RawSocket& socket, int) {
    socket.ReadUntil("\r\n\r\n");
    socket.Send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    socket.ShutDownSending();
    while (socket.CountFor(50) > 0) {
    }
  });
  const auto request = MakeReplicateRequest("/a", std::string(std::size_t{32} << 20, ' '));
  const auto answer = client_->Call({"127.0.0.1", server.port()}, request);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->head.status, 413);
}

TEST_F(ReplicateClientTest, NamesNeedTheLoop) {
  auto thread = LoopThread::Start();
  ReplicateClient client(thread->loop(), {}, SystemClock(), SystemRandom());
  thread->Join();
  const auto request = MakeReplicateRequest("/a", "[]");
  EXPECT_EQ(client.Call({"localhost", 1}, request).error().code, Errc::kCancelled);
}

TEST_F(ReplicateClientTest, RequestsThatCannotBeWritten) {
  EXPECT_EQ(client_->Call({"127.0.0.1", 1}, MakeReplicateRequest("/a b", "")).error().code,
            Errc::kBadInput);
}

TEST_F(ReplicateClientTest, NamesAreLookedUp) {
  TestServer server;
  CallOptions options;
  options.conn_timeout = milliseconds(3000);
  const PeerAddress peer{"localhost", server.port()};
  const auto answer = client_->Call(peer, MakeReplicateRequest("/a", "1"), options);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "REPLICATE /a 1");
  EXPECT_EQ(
      client_->Call({"no such name", 1}, MakeReplicateRequest("/a", ""), options).error().code,
      Errc::kUnreachable);
}

TEST_F(ReplicateClientTest, SpeaksIpv6) {
  TestServer server({}, {.threads = 1}, "::1");
  std::string host;
  server.handler.serve = [&](const HttpRequest& request) {
    host = *request.head.headers.Find("Host");
    return MakeResponse(200, "text/plain", "");
  };
  EXPECT_TRUE(client_->Call({"::1", server.port()}, MakeReplicateRequest("/a", "")));
  EXPECT_EQ(host, StrCat("[::1]:", server.port()));
}

TEST_F(ReplicateClientTest, KeptConnectionsOfAPeerAreBounded) {
  MakeClient({.max_idle_per_peer = 2});
  TestServer server;
  Gate gate;
  server.handler.serve = [&](const HttpRequest&) {
    gate.Wait();
    return MakeResponse(200, "text/plain", "");
  };
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i)
      callers.emplace_back([&, i] {
        EXPECT_TRUE(client_->Call({"127.0.0.1", server.port()},
                                  MakeReplicateRequest(StrCat("/", i), "[]")));
      });
    ASSERT_TRUE(gate.HasWaiting(4));
    gate.Open();
  }
  EXPECT_EQ(server.Stats().connections, 4U);
  EXPECT_TRUE(Eventually([&] { return server.Stats().open_connections == 2; }));
}

TEST_F(ReplicateClientTest, KeptConnectionsOfAllPeersAreBounded) {
  MakeClient({.max_idle = 1});
  TestServer first;
  TestServer second;
  for (const TestServer* server : {&first, &second}) EXPECT_TRUE(Call(server->port()));
  EXPECT_TRUE(Eventually([&] { return second.Stats().open_connections == 0; }));
  EXPECT_EQ(first.Stats().open_connections, 1U);
}

TEST_F(ReplicateClientTest, KeptConnectionsGrowOld) {
  MakeClient({.max_idle_time = milliseconds(30)});
  TestServer server;
  EXPECT_TRUE(Call(server.port()));
  EXPECT_TRUE(Eventually([&] { return server.Stats().open_connections == 0; }));
}

TEST_F(ReplicateClientTest, ADeadPeerCostsLittleAndComesBack) {
  MakeClient({.backoff = {.free_failures = 1, .first_delay = milliseconds(40), .jitter = 0}});
  std::uint16_t port = 0;
  { port = RawServer(1).port(); }
  for (int i = 0; i < 2; ++i) EXPECT_EQ(CallError(port), Errc::kUnreachable);
  const auto connections = client_->stats().connections;
  const auto refused = Call(port);
  EXPECT_THAT(refused.error().message, HasSubstr("not tried after 2 failures in a row"));
  EXPECT_EQ(client_->stats().connections, connections);
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(CallError(port), Errc::kUnreachable);
  EXPECT_EQ(client_->stats().connections, connections + 1);
}

TEST_F(ReplicateClientTest, ManyThreadsCallManyPeers) {
  std::array<TestServer, 3> servers;
  std::atomic<int> good{0};
  constexpr int kThreads = 8;
  constexpr int kCalls = 60;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < kThreads; ++i)
      callers.emplace_back([&, i] {
        for (int j = 0; j < kCalls; ++j) {
          const std::string body = StrCat(i, "-", j, std::string(static_cast<std::size_t>(j), 'x'));
          const auto answer =
              client_->Call({"127.0.0.1", servers[static_cast<std::size_t>(j % 3)].port()},
                            MakeReplicateRequest(StrCat("/", i), body));
          if (answer && answer->body == StrCat("REPLICATE /", i, " ", body)) ++good;
        }
      });
  }
  EXPECT_EQ(good, kThreads * kCalls);
  EXPECT_LE(client_->stats().connections, 3U * kThreads);
}

}  // namespace
}  // namespace dbrepl
