// How a replication server serves each request: REPLICATE here, recon, healthcheck and OPTIONS
// here, everything else at the node's ordinary server (swift-reference.md section 4.6).
#pragma once

#include <optional>
#include <string>

#include "daemons/request_log.h"
#include "daemons/upstream_finder.h"
#include "replicator/answer/replicate_service.h"
#include "replicator/recon/recon.h"
#include "rpc/event_loop.h"
#include "rpc/forwarder.h"
#include "rpc/request_handler.h"

namespace dbrepl {

struct ReplicationHandlerOptions {
  DbKind kind = DbKind::kContainer;
  bool replication_server = true;           // false: REPLICATE is 405
  std::optional<std::string> disable_path;  // nullopt: no healthcheck here
  const Recon* recon = nullptr;             // nullptr: no recon here
  std::string version;                      // behind "container-server/" in OPTIONS
  ForwardOptions forward;
};

// Work orders whose key begins so are recon's: they may hang on a dying disk, and must not take
// threads from databases.
inline constexpr std::string_view kReconKey = "recon:";

// Everything given must outlive the handler; `service` may be called on workers.
class ReplicationHandler final : public RequestHandler {
 public:
  ReplicationHandler(ReplicationHandlerOptions options, EventLoop& loop,
                     const ReplicateService& service, const UpstreamFinder& upstream,
                     const RequestLog& log);

  Route RouteFor(const HttpRequestHead& head, const PeerAddress& client) override;
  WorkOrder OrderFor(const HttpRequest& request) override;
  void OnRefused(const PeerAddress& client, int status, std::string_view problem) override;
  HttpResponse Serve(const HttpRequest& request) override;

 private:
  // Answered on the loop, with its line in the log.
  Route AnswerNow(const HttpRequestHead& head, const PeerAddress& client, HttpResponse response);
  HttpResponse Health() const;
  HttpResponse OptionsAnswer() const;
  Route Forward(const HttpRequestHead& head, const PeerAddress& client);

  const ReplicationHandlerOptions options_;
  EventLoop& loop_;
  const ReplicateService& service_;
  const UpstreamFinder& upstream_;
  const RequestLog& log_;
};

}  // namespace dbrepl
