#include "rpc/http_server.h"

#include <ctime>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/check.h"
#include "rpc/http_writer.h"
#include "rpc/server_connection.h"
#include "rpc/uv_handle.h"

namespace dbrepl {
namespace {

constexpr std::size_t kLongBodyBytes = std::size_t{64} * 1024;

// One listening socket. While the server is full, a connection already accepted by libuv waits in
// the handle, and libuv accepts no more until it is taken.
struct Listener final : UvHandleOwner {
  void OnLoopEnd() override { handle.Close(); }

  UvHandle<uv_tcp_t> handle;
  std::function<void()> on_connection;
  bool has_waiting = false;
};

}  // namespace

WorkOrder RequestHandler::OrderFor(const HttpRequest& request) {
  return {request.head.target,
          request.body.size() < kLongBodyBytes ? JobLength::kShort : JobLength::kLong};
}

void RequestHandler::OnRefused(const PeerAddress&, int, std::string_view) {}

struct HttpServer::Impl {
  Impl(EventLoop& loop, const HttpServerOptions& options, RequestHandler& handler,
       Executor executor)
      : context{loop, options, handler, std::move(executor)}, sweep(loop, [this] { Sweep(); }) {
    context.remove = [this](ServerConnection& connection) { Remove(connection); };
    context.date = [this]() -> const std::string& { return Date(); };
  }

  ~Impl() {
    // Their closing calls Remove.
    while (!connections.empty()) connections.begin()->second->Close();
  }

  const std::string& Date() {
    if (const std::time_t now = std::time(nullptr); now != date_second) {
      date_second = now;
      date = HttpDate(now);
    }
    return date;
  }

  bool IsFull() const { return connections.size() >= context.options.max_connections; }

  void TakeWaiting(Listener& listener) {
    listener.has_waiting = IsFull();
    if (listener.has_waiting) return;
    auto connection = std::make_shared<ServerConnection>(context);
    if (!connection->Accept(listener.handle.get())) return;
    ServerConnection& taken = *connection;
    connections.emplace(&taken, std::move(connection));
    ++context.stats->connections;
    const std::size_t of_peer = ++per_peer[taken.peer().host];
    if (of_peer > context.options.max_connections_per_peer) {
      ++context.stats->peer_limit_hits;
      taken.Turn(503);
    } else {
      taken.Start();
    }
  }

  void Remove(ServerConnection& connection) {
    const auto found = connections.find(&connection);
    CHECK(found != connections.end());
    const auto peer = per_peer.find(connection.peer().host);
    if (--peer->second == 0) per_peer.erase(peer);
    dead.push_back(std::move(found->second));
    connections.erase(found);
    sweep.Start(std::chrono::milliseconds(0));
  }

  // From the top of the loop: nothing of a dead connection is on the stack.
  void Sweep() {
    dead.clear();
    for (const auto& listener : listeners)
      if (listener->has_waiting && listener->handle) TakeWaiting(*listener);
    if (connections.empty() && on_drained) std::exchange(on_drained, nullptr)();
  }

  ServerContext context;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::unordered_map<ServerConnection*, std::shared_ptr<ServerConnection>> connections;
  std::unordered_map<std::string, std::size_t> per_peer;
  std::vector<std::shared_ptr<ServerConnection>> dead;
  Timer sweep;
  std::function<void()> on_drained;
  std::time_t date_second = 0;
  std::string date;
};

HttpServer::HttpServer(EventLoop& loop, const HttpServerOptions& options, RequestHandler& handler,
                       Executor executor)
    : impl_(std::make_unique<Impl>(loop, options, handler, std::move(executor))) {}

HttpServer::~HttpServer() = default;

Result<> HttpServer::Serve(UniqueFd fd, int backlog) {
  auto listener = std::make_unique<Listener>();
  Listener* raw = listener.get();
  raw->on_connection = [impl = impl_.get(), raw] { impl->TakeWaiting(*raw); };
  CHECK(uv_tcp_init(impl_->context.loop.uv(), raw->handle.Make(raw)) == 0);
  if (const int code = uv_tcp_open(raw->handle.get(), fd.get()); code != 0)
    return Fail(UvError(code, "listen"));
  fd.Release();
  const auto on_connection = [](uv_stream_t* stream, int status) {
    if (status != 0 || stream->data == nullptr) return;
    static_cast<Listener*>(static_cast<UvHandleOwner*>(stream->data))->on_connection();
  };
  if (const int code = uv_listen(AsStream(raw->handle), backlog, on_connection); code != 0)
    return Fail(UvError(code, "listen"));
  impl_->listeners.push_back(std::move(listener));
  return {};
}

void HttpServer::StopGracefully(std::function<void()> on_done) {
  impl_->context.draining = true;
  impl_->listeners.clear();
  impl_->on_drained = std::move(on_done);
  std::vector<std::shared_ptr<ServerConnection>> all;
  for (const auto& [raw, connection] : impl_->connections) all.push_back(connection);
  for (const auto& connection : all) connection->Drain();
  impl_->sweep.Start(std::chrono::milliseconds(0));
}

HttpServerStats HttpServer::stats() const {
  HttpServerStats stats = *impl_->context.stats;
  stats.open_connections = impl_->connections.size();
  return stats;
}

}  // namespace dbrepl
