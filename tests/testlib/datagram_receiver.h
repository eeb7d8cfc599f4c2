// The far end of a datagram socket: what a syslog or StatsD daemon would see. One thread at a time.
#pragma once

#include <cstring>
#include <optional>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/check.h"
#include "common/unique_fd.h"

namespace dbrepl {

class DatagramReceiver {
 public:
  // Binds a unix socket at the path, which must be free.
  static DatagramReceiver AtPath(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    CHECK(path.size() < sizeof(address.sun_path));
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return DatagramReceiver(AF_UNIX, &address, sizeof(address));
  }
  // A free port of 127.0.0.1 or ::1.
  static DatagramReceiver OnIpv4() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return DatagramReceiver(AF_INET, &address, sizeof(address));
  }
  static DatagramReceiver OnIpv6() {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    return DatagramReceiver(AF_INET6, &address, sizeof(address));
  }

  int port() const {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    CHECK(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    // The port stands at the same place for both families.
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
  }

  // The next datagram; nullopt when none came for so long.
  std::optional<std::string> Receive(int timeout_milliseconds = 1000) {
    pollfd wanted{fd_.get(), POLLIN, 0};
    if (::poll(&wanted, 1, timeout_milliseconds) != 1) return std::nullopt;
    std::string datagram(256 * 1024, '\0');
    const ssize_t size = ::recv(fd_.get(), datagram.data(), datagram.size(), 0);
    CHECK(size >= 0);
    datagram.resize(static_cast<std::size_t>(size));
    return datagram;
  }

 private:
  DatagramReceiver(int family, const void* address, socklen_t size)
      : fd_(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    CHECK(::bind(fd_.get(), static_cast<const sockaddr*>(address), size) == 0);
  }
  UniqueFd fd_;
};

}  // namespace dbrepl
