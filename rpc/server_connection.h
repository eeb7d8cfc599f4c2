// One connection of an HttpServer: reads a request, has it served, writes the answer, begins anew.
// Loop thread only. Internal to rpc/.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rpc/body_budget.h"
#include "rpc/http_server.h"
#include "rpc/http_stream.h"
#include "rpc/tcp_stream.h"
#include "rpc/timer.h"

namespace dbrepl {

class ServerConnection;

// What connections share and need of their server.
struct ServerContext {
  EventLoop& loop;
  const HttpServerOptions options;
  RequestHandler& handler;
  const Executor executor;
  // Shared with jobs that end after the server.
  const std::shared_ptr<HttpServerStats> stats = std::make_shared<HttpServerStats>();
  const BodyBudget bodies{options.max_body_bytes_in_all};
  bool draining = false;  // StopGracefully was called
  // The connection is over; it is destroyed later, from the top of the loop.
  std::function<void(ServerConnection&)> remove = nullptr;
  // The Date header of this second.
  std::function<const std::string&()> date = nullptr;
};

class ServerConnection final : public std::enable_shared_from_this<ServerConnection>,
                               private TcpStream::Observer,
                               private ResponseStream {
 public:
  explicit ServerConnection(ServerContext& context);

  // Takes a waiting connection from a listener (uv_stream_t*); false when there was none.
  bool Accept(void* listener);
  const PeerAddress& peer() const { return peer_; }

  // Begins to serve.
  void Start();
  // Answers with this status instead, and closes.
  void Turn(int status);
  // The answer under way is the last one; without one, that to a request that begins within the
  // drain_grace.
  void Drain();
  void Close();

 private:
  // What becomes of incoming bytes.
  enum class Input { kHead, kWholeBody, kStreamedBody, kUnwantedBody, kDone };

  // TcpStream::Observer
  void OnBytes(std::string_view bytes) override;
  void OnDrained() override;
  void OnEnd() override;
  void OnClosed(const Error& error) override;
  // ResponseStream
  void SendHead(HttpResponseHead head) override;
  bool SendBody(std::string_view piece) override;
  void Finish() override;
  void Break() override;
  void PauseRequest() override;
  void ResumeRequest() override;

  void Pump();
  bool Step();
  void OnHead();
  void Follow(ServeWhole route);
  void Follow(const ServeStream& route);
  void Follow(HttpResponse route);
  bool TakeBody();
  void OnRequestEnd();
  void GiveToWorker();
  void Answer(HttpResponse response);
  void RefuseBody();
  // Answers, closes, and tells the handler why; `problem` is for the operator.
  void Refuse(int status, std::string_view explanation, std::string_view problem);
  // The head with what the server adds: date and connection headers.
  bool WriteHead(HttpResponseHead head, std::string_view body);
  void Write(std::string bytes);
  void EndAnswer();
  void MaybeNextRequest();
  void WatchReading();
  void OnReadTimeout();
  void DropStream();
  bool HasBegun() const { return input_ != Input::kHead || head_begun_; }

  ServerContext& context_;
  TcpStream socket_;
  PeerAddress peer_;
  Timer read_timer_;
  Timer write_timer_;
  HttpRequestParser parser_;
  std::string in_;  // bytes not yet used up
  bool pumping_ = false;
  bool gone_ = false;
  bool client_ended_ = false;  // it sends no more

  // Of the request being served:
  Input input_ = Input::kHead;
  bool head_begun_ = false;
  bool input_paused_ = false;  // by the stream that takes the body
  bool keep_alive_ = true;
  bool answering_head_ = false;  // a HEAD request: no body in the answer
  bool chunked_answer_ = false;
  bool answered_ = false;
  int client_minor_version_ = 1;
  bool client_asked_keep_alive_ = false;
  std::size_t max_body_bytes_ = 0;
  HttpRequest request_;
  BodyBudget::Share body_share_;  // of request_.body, when it is read whole
  std::unique_ptr<RequestStream> stream_;
  // Streams that have finished, perhaps in a call still running; freed from the top of the loop.
  std::vector<std::unique_ptr<RequestStream>> finished_streams_;
};

}  // namespace dbrepl
