// Drives rpc/ for the interop tests, with JSON lines on stdin and stdout.
//
// usage: rpc_probe serve           line 1 on stdin: a list of answers; serves them in order and
//                                  writes each request it got
//        rpc_probe forward PORT    forwards everything to 127.0.0.1:PORT
//        rpc_probe call            each line on stdin is a request, each line on stdout its answer
//
// The servers write {"port": N} first, and end with stdin.
#include <cstdio>
#include <iostream>
#include <string>
#include <utility>

#include "common/check.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/random.h"
#include "common/strings.h"
#include "common/worker_pool.h"
#include "rpc/event_loop.h"
#include "rpc/forwarder.h"
#include "rpc/http_server.h"
#include "rpc/listener.h"
#include "rpc/replicate_client.h"

namespace dbrepl {
namespace {

void Print(const JsonValue& value) {
  std::puts(DumpJson(value).c_str());
  std::fflush(stdout);
}

std::string Text(const JsonValue& object, std::string_view name) {
  const JsonValue* member = object.Find(name);
  return member == nullptr || member->AsString() == nullptr ? "" : *member->AsString();
}

std::int64_t Number(const JsonValue& object, std::string_view name, std::int64_t otherwise) {
  const JsonValue* member = object.Find(name);
  return member == nullptr || member->AsInt() == nullptr ? otherwise : *member->AsInt();
}

HttpHeaders Headers(const JsonValue& object) {
  HttpHeaders headers;
  const JsonValue* lines = object.Find("headers");
  if (lines == nullptr) return headers;
  for (const JsonValue& line : *lines->AsArray())
    headers.Add(*(*line.AsArray())[0].AsString(), *(*line.AsArray())[1].AsString());
  return headers;
}

JsonValue HeadersToJson(const HttpHeaders& headers) {
  JsonValue::Array lines;
  for (const auto& [name, value] : headers) lines.push_back(JsonValue::Array{name, value});
  return lines;
}

class ScriptedHandler : public RequestHandler {
 public:
  ScriptedHandler(EventLoop& loop, JsonValue::Array answers, std::uint16_t upstream)
      : loop_(loop), answers_(std::move(answers)), upstream_(upstream) {}

  Route RouteFor(const HttpRequestHead&, const PeerAddress&) override {
    if (upstream_ != 0) return ForwardTo(loop_, {"127.0.0.1", upstream_});
    return ServeWhole{};
  }
  // One key for all: the answers are given in order.
  WorkOrder OrderFor(const HttpRequest&) override { return {"all", JobLength::kShort}; }
  HttpResponse Serve(const HttpRequest& request) override {
    JsonValue seen;
    seen.Set("method", request.head.method);
    seen.Set("target", request.head.target);
    seen.Set("headers", HeadersToJson(request.head.headers));
    seen.Set("body", request.body);
    Print(seen);
    if (next_ >= answers_.size()) return MakePage(500, "no answer left");
    const JsonValue& answer = answers_[next_++];
    return {{static_cast<int>(Number(answer, "status", 500)), Text(answer, "reason"), 1,
             Headers(answer)},
            Text(answer, "body")};
  }

 private:
  EventLoop& loop_;
  const JsonValue::Array answers_;
  const std::uint16_t upstream_;
  std::size_t next_ = 0;
};

int RunServer(JsonValue::Array answers, std::uint16_t upstream) {
  ListenOptions listen;
  listen.bind_ip = "127.0.0.1";
  auto listener = OpenListener(listen);
  auto thread = LoopThread::Start();
  CHECK(listener && thread);
  EventLoop& loop = thread->loop();
  ScriptedHandler handler(loop, std::move(answers), upstream);
  WorkerPool workers({.threads = 1});
  const std::uint16_t port = ListenerPort(listener->get());
  std::unique_ptr<HttpServer> server;
  loop.PostAndWait([&] {
    server = std::make_unique<HttpServer>(
        loop, HttpServerOptions{}, handler,
        [&workers](const std::string& key, JobLength length, std::function<void()> job) {
          return workers.TrySubmit(key, length, std::move(job));
        });
    CHECK(server->Serve(*std::move(listener)).has_value());
  });
  JsonValue ready;
  ready.Set("port", std::int64_t{port});
  Print(ready);
  for (std::string line; std::getline(std::cin, line);) {
  }
  loop.PostAndWait([&] { server.reset(); });
  workers.Stop();
  return 0;
}

JsonValue CallOnce(ReplicateClient& client, const JsonValue& order) {
  HttpRequest request{{Text(order, "method"), Text(order, "target"), 1, Headers(order)},
                      Text(order, "body")};
  CallOptions options;
  options.node_timeout = std::chrono::milliseconds(Number(order, "node_timeout_ms", 20'000));
  const PeerAddress peer{"127.0.0.1", static_cast<std::uint16_t>(Number(order, "port", 0))};
  const auto answer = client.Call(peer, request, options);
  JsonValue result;
  if (answer) {
    result.Set("status", answer->head.status);
    result.Set("reason", answer->head.reason);
    result.Set("headers", HeadersToJson(answer->head.headers));
    result.Set("body", answer->body);
  } else {
    result.Set("error", std::string(ErrcName(answer.error().code)));
    result.Set("message", answer.error().message);
  }
  result.Set("connections", static_cast<std::int64_t>(client.stats().connections));
  result.Set("retries", static_cast<std::int64_t>(client.stats().retries));
  return result;
}

int RunCalls() {
  auto thread = LoopThread::Start();
  CHECK(thread.has_value());
  ReplicateClient client(thread->loop(), {}, SystemClock(), SystemRandom());
  for (std::string line; std::getline(std::cin, line);) {
    const auto order = ParseJson(line);
    CHECK(order.has_value());
    Print(CallOnce(client, *order));
  }
  thread->Join();
  return 0;
}

int Main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "call") return RunCalls();
  if (mode == "forward" && argc > 2)
    return RunServer({}, ParseInt<std::uint16_t>(argv[2]).value_or(0));
  if (mode != "serve") return 2;
  std::string line;
  std::getline(std::cin, line);
  auto answers = ParseJson(line);
  CHECK(answers && answers->AsArray() != nullptr);
  return RunServer(std::move(*answers->AsArray()), 0);
}

}  // namespace
}  // namespace dbrepl

int main(int argc, char** argv) { return dbrepl::Main(argc, argv); }
