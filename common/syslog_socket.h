// The way to a syslog daemon: datagrams to a unix socket or over UDP. Never fails its caller and
// hardly ever makes it wait. One thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "common/result.h"
#include "common/udp_address.h"
#include "common/unique_fd.h"

namespace dbrepl {

class SyslogSocket {
 public:
  // Datagrams to the unix socket at `path`, or to UDP localhost:514 when there is none now. The
  // daemon may come, go and restart.
  static SyslogSocket ToPath(const std::string& path);
  // Datagrams over UDP. Errors as ResolveUdp; the name is not resolved again.
  static Result<SyslogSocket> ToHost(const std::string& host, int port);

  enum class Outcome {
    kSent,
    kTooLong,  // larger than the socket takes; shorter ones may pass
    kLost,     // nobody listens, or the daemon is stuck
  };
  // Waits up to a tenth of a second for a daemon whose queue is full; after one vain wait not again
  // until a datagram has passed.
  Outcome Send(std::string_view datagram);

 private:
  using Target = std::variant<std::string, UdpAddress>;  // a unix socket's path, or UDP
  explicit SyslogSocket(Target target) : target_(std::move(target)) {}

  void Open();
  // errno of one attempt, 0 for success.
  int SendOnce(std::string_view datagram);
  bool WaitForRoom();

  Target target_;
  UniqueFd fd_;
  bool patient_ = true;
};

}  // namespace dbrepl
