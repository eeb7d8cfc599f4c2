// Where datagrams go: host and port as the kernel wants them. Thread-safe.
#pragma once

#include <string>

#include <sys/socket.h>

#include "common/result.h"

namespace dbrepl {

struct UdpAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  int family() const { return storage.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

enum class AddressChoice {
  kFirst,      // the resolver's first answer, as Python's SysLogHandler
  kIpv4First,  // IPv6 only when there is no IPv4 address, as Swift's StatsD client
};

// The address of a host name, IPv4 or IPv6 address. May ask the network. A port outside 1..65535:
// kBadInput; a host that does not resolve: kUnreachable with the resolver's reason.
Result<UdpAddress> ResolveUdp(const std::string& host, int port, AddressChoice choice);

}  // namespace dbrepl
