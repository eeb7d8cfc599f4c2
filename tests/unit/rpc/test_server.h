// An HttpServer on port 0 with its own loop thread and workers, for tests.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/check.h"
#include "common/worker_pool.h"
#include "rpc/event_loop.h"
#include "rpc/http_server.h"
#include "rpc/listener.h"
#include "tests/unit/rpc/sockets.h"

namespace dbrepl {

// Echoes method, target and body; tests put in what they need instead.
class TestHandler : public RequestHandler {
 public:
  Route RouteFor(const HttpRequestHead& head, const PeerAddress& client) override {
    return route ? route(head, client) : Route(ServeWhole{});
  }
  HttpResponse Serve(const HttpRequest& request) override {
    if (serve) return serve(request);
    return MakeResponse(200, "text/plain",
                        request.head.method + " " + request.head.target + " " + request.body);
  }

  void OnRefused(const PeerAddress&, int status, std::string_view problem) override {
    if (refused) refused(status, problem);
  }

  std::function<Route(const HttpRequestHead&, const PeerAddress&)> route;
  std::function<void(int status, std::string_view problem)> refused;
  std::function<HttpResponse(const HttpRequest&)> serve;
};

class TestServer {
 public:
  explicit TestServer(const HttpServerOptions& options = {},
                      const WorkerPool::Options& workers = {.threads = 4},
                      const std::string& ip = "127.0.0.1")
      : pool_(std::make_unique<WorkerPool>(workers)), thread_(*LoopThread::Start()) {
    ListenOptions listen;
    listen.bind_ip = ip;
    auto listener = OpenListener(listen);
    CHECK(listener.has_value());
    port_ = ListenerPort(listener->get());
    Do([&] {
      server_ = std::make_unique<HttpServer>(
          loop(), options, handler,
          [this](const std::string& key, JobLength length, std::function<void()> job) {
            return pool_->TrySubmit(key, length, std::move(job));
          });
      CHECK(server_->Serve(*std::move(listener)).has_value());
    });
  }

  // As docs/THREADS.md says: no new work, workers to their end, then the loop.
  ~TestServer() {
    Do([this] { server_.reset(); });
    pool_->Stop();
  }

  // On the loop thread, and waits for it.
  void Do(const std::function<void()>& job) { CHECK(loop().PostAndWait(job)); }
  HttpServerStats Stats() {
    HttpServerStats stats;
    Do([&] { stats = server_->stats(); });
    return stats;
  }
  HttpServer& server() { return *server_; }
  EventLoop& loop() { return thread_.loop(); }
  std::uint16_t port() const { return port_; }
  RawSocket Connect() const { return RawSocket::Connect(port_); }

  TestHandler handler;

 private:
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  LoopThread thread_;
};

// A door that stays shut until it is opened; for requests that must be running at some moment.
class Gate {
 public:
  void Open() {
    open_ = true;
    open_.notify_all();
  }
  void Wait() {
    ++waiting_;
    open_.wait(false);
  }
  bool HasWaiting(int count) const {
    return Eventually([&] { return waiting_ >= count; });
  }

 private:
  std::atomic<bool> open_{false};
  std::atomic<int> waiting_{0};
};

}  // namespace dbrepl
