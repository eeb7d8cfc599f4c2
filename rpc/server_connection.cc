#include "rpc/server_connection.h"

#include <utility>

#include "common/strings.h"
#include "rpc/http_writer.h"

namespace dbrepl {
namespace {

constexpr std::size_t kMaxPipelinedBytes =
    std::size_t{64} * 1024;                                       // kept while a request is served
constexpr std::size_t kMaxQueuedBytes = std::size_t{256} * 1024;  // of a streamed answer
constexpr std::size_t kSmallBuffer = 4096;                        // kept by an idle connection

constexpr std::string_view kBusy = "The server is busy. Please try again later.";

bool HasNoBody(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

ServerConnection::ServerConnection(ServerContext& context)
    : context_(context),
      socket_(context.loop, *this),
      read_timer_(context.loop, [this] { OnReadTimeout(); }),
      write_timer_(context.loop,
                   [this] {
                     ++context_.stats->timeouts;
                     Close();
                   }),
      parser_(context.options.limits) {}

bool ServerConnection::Accept(void* listener) {
  if (!socket_.Accept(listener)) return false;
  peer_ = socket_.Peer();
  return true;
}

void ServerConnection::Start() {
  WatchReading();
  socket_.StartReading();
}

void ServerConnection::Turn(int status) {
  Refuse(status, "Too many connections.", "too many connections of one peer");
}

void ServerConnection::Drain() {
  // Its client may be sending at this moment, and would see a server that took the connection and
  // hung up.
  if (!HasBegun()) read_timer_.Start(context_.options.drain_grace);
}

void ServerConnection::Close() {
  socket_.Close();
  OnClosed({Errc::kCancelled, "closed by the server", {}});
}

void ServerConnection::OnClosed(const Error&) {
  if (std::exchange(gone_, true)) return;
  read_timer_.Stop();
  write_timer_.Stop();
  if (stream_) {
    stream_->OnClientGone();
    DropStream();
  }
  context_.remove(*this);
}

void ServerConnection::OnBytes(std::string_view bytes) {
  finished_streams_.clear();
  in_.append(bytes);
  Pump();
  if (input_ == Input::kDone || input_paused_) {
    if (in_.size() >= kMaxPipelinedBytes) socket_.PauseReading();
  }
}

void ServerConnection::OnEnd() {
  // It reset the connection: nobody waits for the rest of the answer, and no write will tell.
  if (socket_.write_failed()) return Close();
  // A client that has closed its half may still wait for the answer to what it sent.
  client_ended_ = true;
  if (input_ != Input::kDone && !input_paused_) return Close();
  keep_alive_ = false;
}

void ServerConnection::OnDrained() {
  finished_streams_.clear();
  write_timer_.Stop();
  if (stream_ && !answered_) return stream_->OnResponseDrained();
  MaybeNextRequest();
}

// --- Reading -------------------------------------------------------------------------------------

void ServerConnection::Pump() {
  if (std::exchange(pumping_, true)) return;
  while (!gone_ && Step()) {
  }
  pumping_ = false;
  if (in_.empty() && in_.capacity() > kSmallBuffer) in_ = {};
}

// Uses up some of in_; false when it must wait for more bytes or for the answer.
bool ServerConnection::Step() {
  if (input_ == Input::kDone || input_paused_) return false;
  const bool was_head = input_ == Input::kHead;
  if (was_head && in_.empty()) return false;
  if (was_head && !std::exchange(head_begun_, true)) WatchReading();
  const auto used = parser_.Feed(in_, request_.body);
  if (!used) {
    Refuse(parser_.refusal_status(), "The request could not be understood.", used.error().message);
    return false;
  }
  in_.erase(0, *used);
  if (was_head && parser_.head_done()) OnHead();
  if (gone_ || input_ == Input::kHead || input_ == Input::kDone) return !gone_ && *used > 0;
  if (!TakeBody()) return false;
  if (parser_.complete()) {
    OnRequestEnd();
    return true;
  }
  return *used > 0;
}

void ServerConnection::OnHead() {
  ++context_.stats->requests;
  HttpRequestHead& head = parser_.head();
  keep_alive_ = parser_.keep_alive() && !context_.draining;
  answering_head_ = head.method == "HEAD";
  client_minor_version_ = head.minor_version;
  client_asked_keep_alive_ = head.headers.HasToken("Connection", "keep-alive");
  Route route = context_.handler.RouteFor(head, peer_);
  std::visit([this](auto&& chosen) { Follow(std::forward<decltype(chosen)>(chosen)); },
             std::move(route));
}

void ServerConnection::Follow(ServeWhole route) {
  max_body_bytes_ = route.max_body_bytes;
  if (parser_.content_length().value_or(0) > max_body_bytes_) return RefuseBody();
  input_ = Input::kWholeBody;
  body_share_ = context_.bodies.NewShare();
  WatchReading();
  if (parser_.expects_continue() && !parser_.complete()) Write(std::string(kContinue));
  request_.head = std::move(parser_.head());
}

void ServerConnection::Follow(const ServeStream& route) {
  input_ = Input::kStreamedBody;
  WatchReading();
  if (parser_.expects_continue() && !parser_.complete()) Write(std::string(kContinue));
  stream_ = route.open(std::move(parser_.head()), *this);
}

void ServerConnection::Follow(HttpResponse route) {
  // Who asked whether to send the body, and is told no, may send it or not: only closing is safe.
  if (parser_.expects_continue() && !parser_.complete()) {
    keep_alive_ = false;
    input_ = Input::kDone;
  } else {
    input_ = Input::kUnwantedBody;
    max_body_bytes_ = context_.options.max_discarded_body_bytes;
    WatchReading();
  }
  Answer(std::move(route));
}

// What the parser has put into request_.body. False: the connection is given up.
bool ServerConnection::TakeBody() {
  switch (input_) {
    case Input::kWholeBody:
      if (request_.body.size() > max_body_bytes_) {
        RefuseBody();
        return false;
      }
      if (body_share_.GrowTo(request_.body.size())) return true;
      Refuse(503, kBusy, "no memory for another body");
      return false;
    case Input::kUnwantedBody:
      if (request_.body.size() > max_body_bytes_) {
        Close();
        return false;
      }
      max_body_bytes_ -= request_.body.size();
      request_.body.clear();
      return true;
    default: break;
  }
  const std::string piece = std::exchange(request_.body, {});
  if (piece.empty()) return true;
  WatchReading();
  stream_->OnRequestBody(piece);
  return !gone_;
}

void ServerConnection::OnRequestEnd() {
  const Input kind = std::exchange(input_, Input::kDone);
  read_timer_.Stop();
  if (kind == Input::kWholeBody) {
    GiveToWorker();
  } else if (kind == Input::kStreamedBody) {
    stream_->OnRequestEnd();
  } else {
    MaybeNextRequest();
  }
}

void ServerConnection::PauseRequest() { input_paused_ = true; }

void ServerConnection::ResumeRequest() {
  if (gone_) return;
  input_paused_ = false;
  if (input_ != Input::kDone) WatchReading();
  socket_.StartReading();
  Pump();
  const bool is_cut_short = client_ended_ && !gone_ && !input_paused_ && input_ != Input::kDone;
  if (is_cut_short) Close();
}

// --- Serving -------------------------------------------------------------------------------------

void ServerConnection::GiveToWorker() {
  request_.client_address = peer_.host;
  const WorkOrder order = context_.handler.OrderFor(request_);
  auto request = std::make_shared<HttpRequest>(std::exchange(request_, {}));
  auto share = std::make_shared<BodyBudget::Share>(std::move(body_share_));
  auto job = [&loop = context_.loop, &handler = context_.handler, stats = context_.stats, request,
              share, connection = weak_from_this()] {
    auto response = std::make_shared<HttpResponse>(handler.Serve(*request));
    *request = {};
    BodyBudget::Share given_back = std::move(*share);
    loop.Post([stats, response, connection] {
      --stats->requests_running;
      if (const auto self = connection.lock(); self && !self->gone_)
        self->Answer(std::move(*response));
    });
  };
  ++context_.stats->requests_running;
  if (context_.executor(order.key, order.length, std::move(job))) return;
  --context_.stats->requests_running;
  ++context_.stats->refused;
  context_.handler.OnRefused(peer_, 503, "too much work is waiting");
  Answer(MakePage(503, kBusy));
}

// --- Answering -----------------------------------------------------------------------------------

void ServerConnection::RefuseBody() {
  Refuse(413, "The body of your request was too large for this server.", "the body is too long");
}

void ServerConnection::Refuse(int status, std::string_view explanation, std::string_view problem) {
  ++context_.stats->refused;
  context_.handler.OnRefused(peer_, status, problem);
  keep_alive_ = false;
  input_ = Input::kDone;
  in_.clear();
  request_ = {};
  body_share_ = {};
  Answer(MakePage(status, explanation));
}

void ServerConnection::Answer(HttpResponse response) {
  HttpHeaders& headers = response.head.headers;
  if (headers.Find("Content-Length") == nullptr && response.head.status >= 200 &&
      response.head.status != 304)
    headers.Add("Content-Length", StrCat(response.body.size()));
  const bool no_body = answering_head_ || HasNoBody(response.head.status);
  if (!WriteHead(std::move(response.head), no_body ? std::string_view() : response.body)) {
    Answer(MakePage(500,
                    "The server has either erred or is incapable of performing the "
                    "requested operation."));
    return;
  }
  EndAnswer();
}

bool ServerConnection::WriteHead(HttpResponseHead head, std::string_view body) {
  head.minor_version = 1;
  if (context_.draining) keep_alive_ = false;
  if (head.headers.Find("Date") == nullptr) head.headers.Add("Date", context_.date());
  if (chunked_answer_) head.headers.Add("Transfer-Encoding", "chunked");
  if (!keep_alive_) {
    head.headers.Add("Connection", "close");
  } else if (client_asked_keep_alive_) {
    head.headers.Add("Connection", "keep-alive");
  }
  auto bytes = WriteResponseHead(head);
  if (!bytes) return false;
  bytes->append(body);
  Write(*std::move(bytes));
  return true;
}

void ServerConnection::Write(std::string bytes) {
  socket_.Write(std::move(bytes));
  if (socket_.queued_bytes() > 0) write_timer_.Start(context_.options.write_timeout);
}

void ServerConnection::SendHead(HttpResponseHead head) {
  if (gone_) return;
  const bool has_length =
      head.headers.Find("Content-Length") != nullptr || HasNoBody(head.status) || answering_head_;
  chunked_answer_ = !has_length && client_minor_version_ >= 1;
  if (!has_length && !chunked_answer_) keep_alive_ = false;
  if (!WriteHead(std::move(head), {})) Break();
}

bool ServerConnection::SendBody(std::string_view piece) {
  if (gone_ || piece.empty()) return true;
  std::string bytes;
  if (chunked_answer_) {
    AppendChunk(bytes, piece);
  } else {
    bytes = piece;
  }
  Write(std::move(bytes));
  return socket_.queued_bytes() < kMaxQueuedBytes;
}

void ServerConnection::Finish() {
  if (gone_) return;
  if (chunked_answer_) Write(std::string(kLastChunk));
  DropStream();
  input_paused_ = false;
  if (input_ == Input::kStreamedBody) {
    input_ = Input::kUnwantedBody;
    max_body_bytes_ = context_.options.max_discarded_body_bytes;
    WatchReading();
    socket_.StartReading();
  }
  EndAnswer();
}

void ServerConnection::Break() {
  if (gone_) return;
  DropStream();
  Close();
}

void ServerConnection::DropStream() {
  if (stream_) finished_streams_.push_back(std::move(stream_));
}

void ServerConnection::EndAnswer() {
  answered_ = true;
  MaybeNextRequest();
}

void ServerConnection::MaybeNextRequest() {
  if (gone_ || !answered_ || socket_.queued_bytes() > 0) return;
  if (!keep_alive_) {
    input_ = Input::kDone;
    in_.clear();
    read_timer_.Start(context_.options.linger_timeout);
    return socket_.ShutDownGently();
  }
  if (input_ != Input::kDone) return;  // the rest of the body comes first
  parser_.Reset();
  request_ = {};
  input_ = Input::kHead;
  head_begun_ = answered_ = chunked_answer_ = answering_head_ = false;
  if (context_.draining && in_.empty()) return Close();
  WatchReading();
  socket_.StartReading();
  Pump();
}

// --- Time limits ---------------------------------------------------------------------------------

void ServerConnection::WatchReading() {
  const HttpServerOptions& options = context_.options;
  if (input_ == Input::kHead) {
    read_timer_.Start(head_begun_ ? options.head_timeout : options.idle_timeout);
  } else {
    read_timer_.Start(options.body_timeout);
  }
}

void ServerConnection::OnReadTimeout() {
  if (input_paused_) return read_timer_.Start(context_.options.body_timeout);
  if (HasBegun() && !answered_) ++context_.stats->timeouts;
  if (input_ == Input::kWholeBody) {
    return Refuse(408, "The server has waited too long for the request.",
                  "its body has not come in time");
  }
  Close();
}

}  // namespace dbrepl
