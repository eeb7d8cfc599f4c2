#include "daemons/watched_stream.h"

#include <memory>
#include <utility>

namespace dbrepl {
namespace {

using OnEnd = std::function<void(const HttpRequestHead& head, const StreamEnd& end)>;

class WatchedStream final : public RequestStream, private ResponseStream {
 public:
  WatchedStream(const ServeStream& route, OnEnd on_end, HttpRequestHead head,
                ResponseStream& client)
      : client_(client), on_end_(std::move(on_end)), head_(std::move(head)) {
    inner_ = route.open(head_, *this);
  }

  // From the server.
  void OnRequestBody(std::string_view piece) override { inner_->OnRequestBody(piece); }
  void OnRequestEnd() override { inner_->OnRequestEnd(); }
  void OnResponseDrained() override { inner_->OnResponseDrained(); }
  void OnClientGone() override {
    inner_->OnClientGone();
    end_.status = kClientClosedRequest;
    Tell();
  }

 private:
  // From the stream that serves.
  void SendHead(HttpResponseHead head) override {
    end_.status = head.status;
    client_.SendHead(std::move(head));
  }
  bool SendBody(std::string_view piece) override {
    end_.body_bytes += piece.size();
    return client_.SendBody(piece);
  }
  void Finish() override {
    Tell();
    client_.Finish();
  }
  void Break() override {
    Tell();
    client_.Break();
  }
  void PauseRequest() override { client_.PauseRequest(); }
  void ResumeRequest() override { client_.ResumeRequest(); }

  void Tell() {
    if (on_end_) std::exchange(on_end_, nullptr)(head_, end_);
  }

  ResponseStream& client_;
  OnEnd on_end_;
  const HttpRequestHead head_;
  StreamEnd end_;
  std::unique_ptr<RequestStream> inner_;
};

}  // namespace

ServeStream Watched(ServeStream route, OnEnd on_end) {
  return {[route = std::move(route), on_end = std::move(on_end)](HttpRequestHead head,
                                                                 ResponseStream& client) {
    return std::make_unique<WatchedStream>(route, on_end, std::move(head), client);
  }};
}

}  // namespace dbrepl
