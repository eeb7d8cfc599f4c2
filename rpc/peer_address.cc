#include "rpc/peer_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "common/strings.h"

namespace dbrepl {

std::string HostAndPort(const PeerAddress& peer) {
  if (peer.host.find(':') == std::string::npos) return StrCat(peer.host, ":", peer.port);
  return StrCat("[", peer.host, "]:", peer.port);
}

socklen_t SocketAddress::size() const {
  return storage.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

Result<SocketAddress> NumericAddress(const PeerAddress& peer) {
  SocketAddress address;
  auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
  if (inet_pton(AF_INET, peer.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(peer.port);
    return address;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  if (inet_pton(AF_INET6, peer.host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(peer.port);
    return address;
  }
  return Fail(Errc::kNotFound, StrCat(Printable(peer.host), ": not a numeric address"));
}

PeerAddress ToPeerAddress(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    return {text, ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof(text));
  } else {
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
  }
  return {text, ntohs(v6.sin6_port)};
}

}  // namespace dbrepl
