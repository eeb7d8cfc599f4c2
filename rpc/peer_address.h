// Where a peer listens: host and port, as they stand in a ring. Plain value.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include <sys/socket.h>

#include "common/result.h"

namespace dbrepl {

struct PeerAddress {
  std::string host;  // IPv4, IPv6 without brackets, or a name
  std::uint16_t port = 0;

  auto operator<=>(const PeerAddress&) const = default;
};

// "10.0.0.3:6201", "[fd00::3]:6201": for log lines and the Host header (Python's http.client writes
// it the same way).
std::string HostAndPort(const PeerAddress& peer);

// A numeric address ready for bind() or connect(). kNotFound when the host is a name (which wants a
// look-up).
struct SocketAddress {
  sockaddr_storage storage{};

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  socklen_t size() const;
};
Result<SocketAddress> NumericAddress(const PeerAddress& peer);

// The other way; an IPv4 address that came in through an IPv6 socket is written as IPv4.
PeerAddress ToPeerAddress(const sockaddr& address);

}  // namespace dbrepl
