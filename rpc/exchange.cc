#include "rpc/exchange.h"

#include <utility>

#include "common/strings.h"

namespace dbrepl {

Exchange::Exchange(EventLoop& loop, ConnectionPool& pool, ExchangeCounts& counts, Request request,
                   std::function<void(Result<HttpResponse>)> done)
    : loop_(loop),
      pool_(pool),
      counts_(counts),
      request_(std::move(request)),
      done_(std::move(done)),
      timer_(loop, [this] {
        Finish(Fail(Errc::kTimeout, StrCat(HostAndPort(request_.peer), ": no whole answer within ",
                                           request_.options.node_timeout.count(), " ms")));
      }) {}

void Exchange::Start() {
  self_ = shared_from_this();
  connection_ = pool_.Take(request_.peer);
  if (connection_ == nullptr) return Connect();
  on_kept_connection_ = true;
  ++counts_.reused;
  Send();
}

void Exchange::Connect() {
  connection_ = std::make_shared<ClientConnection>(loop_, request_.peer);
  ++counts_.connections;
  connection_->Connect(request_.options.conn_timeout, [this](Result<> outcome) {
    if (!outcome) return Finish(Fail(std::move(outcome).error()));
    Send();
  });
}

void Exchange::Send() {
  if (!std::exchange(timing_, true)) timer_.Start(request_.options.node_timeout);
  connection_->Send(request_.bytes, request_.for_head, *this);
}

void Exchange::Cancel() {
  Finish(Fail(Errc::kCancelled, StrCat(HostAndPort(request_.peer), ": the call was cancelled")));
}

void Exchange::OnResponseHead(HttpResponseHead head) { response_.head = std::move(head); }

void Exchange::OnResponseBody(std::string_view piece) {
  const std::size_t limit = request_.options.max_response_bytes;
  if (response_.body.size() + piece.size() > limit)
    return Finish(Fail(Errc::kRejected, StrCat(HostAndPort(request_.peer),
                                               ": the answer is larger than ", limit, " bytes")));
  response_.body.append(piece);
}

void Exchange::OnResponseEnd() { Finish(std::move(response_)); }

void Exchange::OnFailed(const Error& error) {
  // The peer may have closed a kept connection just as we sent. It answered nothing, and every
  // request of ours may be repeated.
  const bool may_retry = on_kept_connection_ && !connection_->got_answer() &&
                         error.code == Errc::kUnreachable && !loop_.stopping();
  if (!may_retry) return Finish(Fail(error));
  on_kept_connection_ = false;
  ++counts_.retries;
  Connect();
}

void Exchange::Finish(Result<HttpResponse> result) {
  const std::shared_ptr<Exchange> self = std::exchange(self_, nullptr);
  if (self == nullptr) return;
  timer_.Stop();
  if (connection_) {
    if (result && connection_->is_reusable()) {
      pool_.Give(std::move(connection_));
    } else {
      connection_->Close();
    }
  }
  std::exchange(done_, nullptr)(std::move(result));
}

}  // namespace dbrepl
