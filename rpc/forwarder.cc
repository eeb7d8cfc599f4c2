#include "rpc/forwarder.h"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "common/strings.h"
#include "rpc/client_connection.h"
#include "rpc/http_writer.h"
#include "rpc/timer.h"

namespace dbrepl {
namespace {

// Takes away what is meant for this connection only, and what its Connection header names.
void RemoveHopByHop(HttpHeaders& headers) {
  constexpr std::array kHopByHop{"Connection", "Keep-Alive",        "Proxy-Connection",
                                 "TE",         "Trailer",           "Transfer-Encoding",
                                 "Upgrade",    "Proxy-Authenticate"};
  if (const std::string* listed = headers.Find("Connection")) {
    const std::string names = *listed;
    for (const std::string_view name : Split(names, ','))
      if (!EqualsIgnoringCase(StripBlanks(name), "close")) headers.Remove(StripBlanks(name));
  }
  for (const char* name : kHopByHop) headers.Remove(name);
}

class Forward final : public RequestStream, private ClientConnection::Observer {
 public:
  Forward(EventLoop& loop, const PeerAddress& upstream, const ForwardOptions& options,
          HttpRequestHead head, ResponseStream& client)
      : client_(client),
        options_(options),
        quiet_timer_(loop, [this] { OnQuiet(); }),
        connection_(std::make_shared<ClientConnection>(loop, upstream)) {
    is_head_ = head.method == "HEAD";
    chunked_ = head.headers.Find("Transfer-Encoding") != nullptr;
    RemoveHopByHop(head.headers);
    head.headers.Remove("Expect");  // the server has told the client to go on
    if (chunked_) head.headers.Add("Transfer-Encoding", "chunked");
    head.headers.Add("Connection", "close");
    head.minor_version = 1;
    head_ = std::move(head);
    client_.PauseRequest();
    connection_->Connect(options_.conn_timeout,
                         [this](const Result<>& outcome) { OnConnected(outcome); });
  }

  ~Forward() override { connection_->Close(); }

  // From the client.
  void OnRequestBody(std::string_view piece) override {
    quiet_timer_.Start(options_.quiet_timeout);
    std::string bytes;
    if (chunked_) {
      AppendChunk(bytes, piece);
    } else {
      bytes = piece;
    }
    if (!connection_->SendMore(std::move(bytes))) client_.PauseRequest();
  }
  void OnRequestEnd() override {
    request_ended_ = true;
    if (sent_head_) EndUpstreamBody();
  }
  void OnResponseDrained() override {
    quiet_timer_.Start(options_.quiet_timeout);
    connection_->ResumeResponse();
  }
  void OnClientGone() override { Stop(); }

 private:
  void OnConnected(const Result<>& outcome) {
    if (!outcome) return GiveUp(outcome.error());
    const auto bytes = WriteRequestHead(head_);
    if (!bytes) return GiveUp(bytes.error());
    quiet_timer_.Start(options_.quiet_timeout);
    sent_head_ = true;
    connection_->Send(*bytes, is_head_, *this);
    if (request_ended_) EndUpstreamBody();
    client_.ResumeRequest();
  }
  void EndUpstreamBody() {
    if (chunked_) connection_->SendMore(std::string(kLastChunk));
  }

  // From upstream.
  void OnResponseHead(HttpResponseHead head) override {
    quiet_timer_.Start(options_.quiet_timeout);
    RemoveHopByHop(head.headers);
    answer_begun_ = true;
    client_.SendHead(std::move(head));
  }
  void OnResponseBody(std::string_view piece) override {
    quiet_timer_.Start(options_.quiet_timeout);
    if (client_.SendBody(piece)) return;
    quiet_timer_.Stop();  // now it is the client who is slow
    connection_->PauseResponse();
  }
  void OnResponseEnd() override {
    Stop();
    client_.Finish();
  }
  void OnRequestDrained() override { client_.ResumeRequest(); }
  void OnFailed(const Error& error) override { GiveUp(error); }

  void OnQuiet() {
    GiveUp({Errc::kTimeout,
            StrCat(HostAndPort(connection_->peer()), ": silent for ",
                   options_.quiet_timeout.count(), " ms"),
            {}});
  }

  void GiveUp(const Error& error) {
    Stop();
    if (answer_begun_) return client_.Break();
    const bool too_slow = error.code == Errc::kTimeout;
    HttpResponse page = MakeResponse(
        too_slow ? 504 : 502, "text/plain",
        StrCat("This server passes the request on, but ", Printable(error.message), ".\n"));
    page.head.headers.Add("Content-Length", StrCat(page.body.size()));
    client_.SendHead(std::move(page.head));
    if (!is_head_) client_.SendBody(page.body);
    client_.Finish();
  }
  void Stop() {
    quiet_timer_.Stop();
    connection_->Close();
  }

  ResponseStream& client_;
  const ForwardOptions options_;
  Timer quiet_timer_;
  std::shared_ptr<ClientConnection> connection_;
  HttpRequestHead head_;
  bool is_head_ = false;
  bool chunked_ = false;
  bool sent_head_ = false;
  bool request_ended_ = false;
  bool answer_begun_ = false;
};

}  // namespace

ServeStream ForwardTo(EventLoop& loop, const PeerAddress& upstream, const ForwardOptions& options) {
  return {[&loop, upstream, options](HttpRequestHead head, ResponseStream& client) {
    return std::make_unique<Forward>(loop, upstream, options, std::move(head), client);
  }};
}

}  // namespace dbrepl
