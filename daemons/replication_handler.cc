#include "daemons/replication_handler.h"

#include <chrono>
#include <utility>

#include <unistd.h>

#include "common/strings.h"
#include "daemons/watched_stream.h"

namespace dbrepl {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMaxReconBodyBytes = 65536;

// The methods of Swift's servers, in the order in which they tell them.
std::string AllowedMethods(DbKind kind, bool replication_server) {
  return StrCat("DELETE, GET, HEAD, OPTIONS, POST, PUT", replication_server ? ", REPLICATE" : "",
                kind == DbKind::kContainer ? ", UPDATE" : "");
}

std::string_view PathOf(const HttpRequestHead& head) {
  return std::string_view(head.target).substr(0, head.target.find('?'));
}

}  // namespace

ReplicationHandler::ReplicationHandler(ReplicationHandlerOptions options, EventLoop& loop,
                                       const ReplicateService& service,
                                       const UpstreamFinder& upstream, const RequestLog& log)
    : options_(std::move(options)),
      loop_(loop),
      service_(service),
      upstream_(upstream),
      log_(log) {}

Route ReplicationHandler::RouteFor(const HttpRequestHead& head, const PeerAddress& client) {
  if (options_.disable_path && PathOf(head) == "/healthcheck") return Health();
  if (options_.recon != nullptr && Recon::Handles(head.target))
    return ServeWhole{kMaxReconBodyBytes};
  if (head.method == "OPTIONS") return AnswerNow(head, client, OptionsAnswer());
  if (head.method != "REPLICATE") return Forward(head, client);
  if (!options_.replication_server)
    return AnswerNow(head, client, MakePage(405, "The method is not allowed for this resource."));
  return ServeWhole{service_.options().limits.max_body_bytes};
}

WorkOrder ReplicationHandler::OrderFor(const HttpRequest& request) {
  if (request.head.method == "REPLICATE" && !Recon::Handles(request.head.target))
    return service_.OrderFor(request);
  return {StrCat(kReconKey, request.head.target), JobLength::kShort};
}

void ReplicationHandler::OnRefused(const PeerAddress& client, int status,
                                   std::string_view problem) {
  log_.Refused(client.host, status, problem);
}

HttpResponse ReplicationHandler::Serve(const HttpRequest& request) {
  if (options_.recon != nullptr && Recon::Handles(request.head.target))
    return options_.recon->Answer(request.head.target);
  const auto begin = SteadyClock::now();
  HttpResponse response = service_.Handle(request);
  log_.Answered({.client_address = request.client_address,
                 .request = &request.head,
                 .status = response.head.status,
                 .content_length = response.body.size(),
                 .duration = SteadyClock::now() - begin});
  return response;
}

Route ReplicationHandler::AnswerNow(const HttpRequestHead& head, const PeerAddress& client,
                                    HttpResponse response) {
  log_.Answered({.client_address = client.host,
                 .request = &head,
                 .status = response.head.status,
                 .content_length = response.body.size()});
  return response;
}

HttpResponse ReplicationHandler::Health() const {
  // One look at a local file: not worth a worker, and true also when those are stuck.
  const std::string& path = *options_.disable_path;
  const bool is_disabled = !path.empty() && ::access(path.c_str(), F_OK) == 0;
  return is_disabled ? MakeResponse(503, "text/plain", "DISABLED BY FILE")
                     : MakeResponse(200, "text/plain", "OK");
}

HttpResponse ReplicationHandler::OptionsAnswer() const {
  HttpResponse response = MakeResponse(200, "text/html; charset=UTF-8", "");
  response.head.headers.Add("Allow", AllowedMethods(options_.kind, options_.replication_server));
  response.head.headers.Add("Server",
                            StrCat(DbKindName(options_.kind), "-server/", options_.version));
  return response;
}

Route ReplicationHandler::Forward(const HttpRequestHead& head, const PeerAddress& client) {
  const auto upstream = upstream_.Find(head.target);
  if (!upstream) {
    const Error& error = upstream.error();
    return AnswerNow(head, client,
                     MakeResponse(502, "text/plain",
                                  StrCat("This server passes the request on, but ",
                                         Printable(error.message), ": ", error.hint, ".\n")));
  }
  const auto on_end = [this, address = client.host, info = StrCat("to ", HostAndPort(*upstream)),
                       begin = SteadyClock::now()](const HttpRequestHead& request,
                                                   const StreamEnd& end) {
    log_.Forwarded({.client_address = address,
                    .request = &request,
                    .status = end.status,
                    .content_length = end.body_bytes,
                    .duration = SteadyClock::now() - begin,
                    .additional_info = info});
  };
  return Watched(ForwardTo(loop_, *upstream, options_.forward), on_end);
}

}  // namespace dbrepl
