#include "rpc/listener.h"

#include <cerrno>
#include <thread>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "common/strings.h"
#include "rpc/peer_address.h"

namespace dbrepl {
namespace {

bool SetOption(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

Result<UniqueFd> OpenOnce(const ListenOptions& options, const SocketAddress& address,
                          const std::string& where) {
  UniqueFd fd(::socket(address.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Fail(ErrnoError(errno, where));
  const int keep_idle = static_cast<int>(options.keep_idle.count());
  const bool is_set = SetOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1) &&
                      SetOption(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1) &&
                      SetOption(fd.get(), SOL_SOCKET, SO_KEEPALIVE, 1) &&
                      SetOption(fd.get(), IPPROTO_TCP, TCP_KEEPIDLE, keep_idle) &&
                      SetOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (!is_set) return Fail(ErrnoError(errno, StrCat(where, ": socket options")));
  if (::bind(fd.get(), address.get(), address.size()) != 0 ||
      ::listen(fd.get(), options.backlog) != 0) {
    if (errno == EADDRINUSE) return Fail(Errc::kBusy, StrCat(where, ": the port is taken"));
    return Fail(ErrnoError(errno, where));
  }
  return fd;
}

}  // namespace

Result<UniqueFd> OpenListener(const ListenOptions& options) {
  const PeerAddress place{options.bind_ip, options.bind_port};
  const std::string where = StrCat("listen on ", HostAndPort(place));
  const auto address = NumericAddress(place);
  if (!address)
    return Fail(Errc::kBadInput, StrCat(where, ": bind_ip is not an address"),
                "set bind_ip to an IPv4 or IPv6 address of this machine");
  constexpr std::chrono::milliseconds kPause{100};
  const auto deadline = std::chrono::steady_clock::now() + options.bind_timeout;
  while (true) {
    auto fd = OpenOnce(options, *address, where);
    if (fd || fd.error().code != Errc::kBusy) return fd;
    if (std::chrono::steady_clock::now() + kPause > deadline) {
      fd.error().hint = "stop the program that has the port, or set another bind_port";
      return fd;
    }
    std::this_thread::sleep_for(kPause);
  }
}

std::uint16_t ListenerPort(int fd) {
  SocketAddress address;
  socklen_t size = sizeof(address.storage);
  auto* raw = reinterpret_cast<sockaddr*>(&address.storage);
  if (::getsockname(fd, raw, &size) != 0) return 0;
  return ToPeerAddress(*raw).port;
}

}  // namespace dbrepl
