#include "rpc/client_connection.h"

#include <utility>

#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr std::size_t kMaxQueuedBytes = std::size_t{256} * 1024;

}  // namespace

ClientConnection::ClientConnection(EventLoop& loop, PeerAddress peer)
    : loop_(loop),
      peer_(std::move(peer)),
      socket_(loop, *this),
      connect_timer_(loop, [this] { FinishConnect(Fail(std::exchange(connect_error_, {}))); }) {}

void ClientConnection::Close() {
  observer_ = nullptr;
  on_connected_ = nullptr;
  lookup_.reset();
  connect_timer_.Stop();
  socket_.Close();
}

// --- Connecting ----------------------------------------------------------------------------------

void ClientConnection::Connect(std::chrono::milliseconds timeout,
                               std::function<void(Result<>)> on_done) {
  on_connected_ = std::move(on_done);
  connect_error_ = {
      Errc::kTimeout, StrCat("connect: no answer within ", timeout.count(), " ms"), {}};
  connect_timer_.Start(timeout);
  if (const auto address = NumericAddress(peer_)) return ConnectTo(*address);
  lookup_ = std::make_unique<NameLookup>(loop_, peer_, [this](Result<SocketAddress> address) {
    if (!address) return FinishConnect(Fail(std::move(address).error()));
    ConnectTo(*address);
  });
}

void ClientConnection::ConnectTo(const SocketAddress& address) {
  auto started =
      socket_.Connect(address, [this](Result<> outcome) { FinishConnect(std::move(outcome)); });
  if (started) return;
  // Told later, as every other outcome.
  connect_error_ = std::move(started).error();
  connect_timer_.Start(std::chrono::milliseconds(0));
}

void ClientConnection::FinishConnect(Result<> outcome) {
  const auto self = shared_from_this();
  connect_timer_.Stop();
  lookup_.reset();
  const auto on_done = std::exchange(on_connected_, nullptr);
  if (!on_done) return;
  if (outcome) {
    socket_.StartReading();
    return on_done({});
  }
  socket_.Close();
  on_done(Fail(std::move(outcome).error().Within(HostAndPort(peer_))));
}

// --- One request and its answer ------------------------------------------------------------------

void ClientConnection::Send(std::string bytes, bool for_head, Observer& observer) {
  CHECK(observer_ == nullptr);
  observer_ = &observer;
  for_head_ = for_head;
  parser_.Reset(for_head);
  socket_.Write(std::move(bytes));
}

bool ClientConnection::SendMore(std::string bytes) {
  socket_.Write(std::move(bytes));
  return socket_.queued_bytes() < kMaxQueuedBytes;
}

void ClientConnection::OnBytes(std::string_view bytes) {
  const auto self = shared_from_this();
  if (observer_ == nullptr) {
    // Unasked bytes: nobody can tell which request they would answer.
    return OnClosed({Errc::kUnreachable, "connection: an answer without a request", {}});
  }
  in_.append(bytes);
  while (observer_ != nullptr && !in_.empty() && Step()) {
  }
}

// Uses up some of in_; false when it needs more bytes.
bool ClientConnection::Step() {
  std::string piece;
  const auto used = parser_.Feed(in_, piece);
  if (!used) {
    FailExchange({Errc::kUnreachable, used.error().message, {}});
    return false;
  }
  in_.erase(0, *used);
  if (!parser_.head_done()) return false;
  if (parser_.head().status < 200 && !head_given_) {  // 100 Continue and its like
    parser_.Reset(for_head_);
    return true;
  }
  if (!std::exchange(head_given_, true)) {
    observer_->OnResponseHead(std::move(parser_.head()));
  }
  if (observer_ != nullptr && !piece.empty()) observer_->OnResponseBody(piece);
  if (observer_ != nullptr && parser_.complete()) EndResponse();
  return *used > 0;
}

void ClientConnection::EndResponse() {
  in_.clear();
  Observer* observer = std::exchange(observer_, nullptr);
  observer->OnResponseEnd();
}

void ClientConnection::OnDrained() {
  const auto self = shared_from_this();
  if (observer_ != nullptr) observer_->OnRequestDrained();
}

void ClientConnection::OnEnd() {
  const auto self = shared_from_this();
  if (observer_ != nullptr && head_given_ && parser_.FeedEnd()) {
    return EndResponse();
  }
  socket_.Close();
  OnClosed({Errc::kUnreachable, "connection: closed by the peer", {}});
}

void ClientConnection::OnClosed(const Error& error) {
  const auto self = shared_from_this();
  socket_.Close();
  if (on_connected_) return FinishConnect(Fail(error));
  if (observer_ != nullptr) FailExchange(error);
}

void ClientConnection::FailExchange(Error error) {
  socket_.Close();
  Observer* observer = std::exchange(observer_, nullptr);
  observer->OnFailed(std::move(error).Within(HostAndPort(peer_)));
}

}  // namespace dbrepl
