#include "common/udp_address.h"

#include <algorithm>
#include <memory>

#include <netdb.h>
#include <netinet/in.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

struct FreeAnswers {
  void operator()(addrinfo* answers) const { ::freeaddrinfo(answers); }
};

Result<UdpAddress> Resolve(const std::string& host, int port, int family) {
  addrinfo wanted{};
  wanted.ai_family = family;
  wanted.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), StrCat(port).c_str(), &wanted, &found);
  const std::unique_ptr<addrinfo, FreeAnswers> answers(found);
  if (error != 0) return Fail(Errc::kUnreachable, StrCat(host, ": ", ::gai_strerror(error)));
  UdpAddress address;
  address.size = answers->ai_addrlen;
  std::copy_n(reinterpret_cast<const char*>(answers->ai_addr), answers->ai_addrlen,
              reinterpret_cast<char*>(&address.storage));
  return address;
}

}  // namespace

Result<UdpAddress> ResolveUdp(const std::string& host, int port, AddressChoice choice) {
  constexpr int kLastPort = 65535;
  if (port < 1 || port > kLastPort) {
    return Fail(Errc::kBadInput, StrCat("port ", port, ": must be 1..65535"));
  }
  if (choice == AddressChoice::kFirst) return Resolve(host, port, AF_UNSPEC);
  auto address = Resolve(host, port, AF_INET);
  if (address) return address;
  return Resolve(host, port, AF_INET6);
}

}  // namespace dbrepl
