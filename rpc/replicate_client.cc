#include "rpc/replicate_client.h"

#include <atomic>
#include <utility>

#include "common/strings.h"
#include "rpc/exchange.h"
#include "rpc/http_writer.h"

namespace dbrepl {
namespace {

bool MayHaveBody(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "DELETE" && method != "OPTIONS";
}

// The head as Python's http.client writes it, and the body behind it.
Result<std::string> RequestBytes(const PeerAddress& peer, const HttpRequest& request) {
  HttpRequestHead head{request.head.method, request.head.target, 1, {}};
  head.headers.Add("Host", HostAndPort(peer));
  head.headers.Add("Accept-Encoding", "identity");
  if (!request.body.empty() || MayHaveBody(head.method))
    head.headers.Add("Content-Length", StrCat(request.body.size()));
  for (const auto& [name, value] : request.head.headers) head.headers.Add(name, value);
  TRY_ASSIGN(std::string bytes, WriteRequestHead(head));
  bytes += request.body;
  return bytes;
}

}  // namespace

HttpRequest MakeReplicateRequest(std::string target, std::string json) {
  HttpRequest request;
  request.head.method = "REPLICATE";
  request.head.target = std::move(target);
  request.head.headers.Add("Content-Type", "application/json");
  request.body = std::move(json);
  return request;
}

struct ReplicateClient::Impl {
  Impl(EventLoop& loop, const ReplicateClientOptions& options, const Clock& clock, Random& random)
      : limits(options.limits),
        pool(loop, {options.max_idle_per_peer, options.max_idle, options.max_idle_time}),
        tools{loop, pool, limits, counts},
        backoff(options.backoff, clock, random) {}

  void Report(const PeerAddress& peer, const Result<HttpResponse>& result) {
    if (result || result.error().code == Errc::kRejected) return backoff.OnSuccess(peer);
    const Errc code = result.error().code;
    if (code == Errc::kCancelled || code == Errc::kBadInput) return backoff.OnAbandoned(peer);
    backoff.OnFailure(peer);
  }

  const HttpLimits limits;
  ConnectionPool pool;
  ExchangeCounts counts;
  const ExchangeTools tools;
  PeerBackoff backoff;
  std::atomic<std::uint64_t> calls{0};
};

ReplicateClient::ReplicateClient(EventLoop& loop, const ReplicateClientOptions& options,
                                 const Clock& clock, Random& random)
    : impl_(std::make_unique<Impl>(loop, options, clock, random)) {}

ReplicateClient::~ReplicateClient() = default;

Result<HttpResponse> ReplicateClient::Call(const PeerAddress& peer, const HttpRequest& request,
                                           const CallOptions& options) {
  TRY_ASSIGN(std::string bytes, RequestBytes(peer, request));
  if (!options.ignore_backoff) TRY(impl_->backoff.Admit(peer));
  ++impl_->calls;
  auto result =
      RunExchange(impl_->tools, {peer, std::move(bytes), request.head.method == "HEAD", options});
  if (!options.ignore_backoff) impl_->Report(peer, result);
  return result;
}

ReplicateClientStats ReplicateClient::stats() const {
  return {impl_->calls, impl_->counts.connections, impl_->counts.reused, impl_->counts.retries};
}

}  // namespace dbrepl
