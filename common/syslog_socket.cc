#include "common/syslog_socket.h"

#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace dbrepl {
namespace {

constexpr int kSyslogPort = 514;

UniqueFd OpenDatagramSocket(int family) {
  return UniqueFd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// A socket connected to the path, or none.
UniqueFd ConnectToPath(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return {};
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd fd = OpenDatagramSocket(AF_UNIX);
  if (!fd ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return {};
  }
  return fd;
}

bool IsSocket(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

UdpAddress LocalSyslog() {
  const auto resolved = ResolveUdp("localhost", kSyslogPort, AddressChoice::kFirst);
  if (resolved) return *resolved;
  UdpAddress address;  // a machine without /etc/hosts
  sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_port = htons(kSyslogPort);
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::memcpy(&address.storage, &loopback, sizeof(loopback));
  address.size = sizeof(loopback);
  return address;
}

}  // namespace

SyslogSocket SyslogSocket::ToPath(const std::string& path) {
  if (IsSocket(path)) return SyslogSocket(path);
  return SyslogSocket(LocalSyslog());
}

Result<SyslogSocket> SyslogSocket::ToHost(const std::string& host, int port) {
  TRY_ASSIGN(const UdpAddress address, ResolveUdp(host, port, AddressChoice::kFirst));
  return SyslogSocket(address);
}

void SyslogSocket::Open() {
  if (const auto* path = std::get_if<std::string>(&target_)) {
    fd_ = ConnectToPath(*path);
  } else {
    fd_ = OpenDatagramSocket(std::get<UdpAddress>(target_).family());
  }
}

int SyslogSocket::SendOnce(std::string_view datagram) {
  if (!fd_) Open();
  if (!fd_) return ENOTCONN;
  // UDP stays unconnected, so that a refusal of one datagram is not reported against the next.
  const auto* udp = std::get_if<UdpAddress>(&target_);
  while (::sendto(fd_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL,
                  udp != nullptr ? udp->get() : nullptr, udp != nullptr ? udp->size : 0) < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

bool SyslogSocket::WaitForRoom() {
  constexpr int kPatienceMilliseconds = 100;
  if (!patient_) return false;
  pollfd wanted{fd_.get(), POLLOUT, 0};
  return ::poll(&wanted, 1, kPatienceMilliseconds) == 1;
}

SyslogSocket::Outcome SyslogSocket::Send(std::string_view datagram) {
  int error = SendOnce(datagram);
  if (error == EAGAIN || error == ENOBUFS) {
    if (WaitForRoom()) error = SendOnce(datagram);
  } else if (error != 0 && error != EMSGSIZE) {
    fd_.Reset();  // the daemon was restarted: connect to the new one
    error = SendOnce(datagram);
  }
  patient_ = error == 0 || (patient_ && error != EAGAIN);
  if (error == EMSGSIZE) return Outcome::kTooLong;
  return error == 0 ? Outcome::kSent : Outcome::kLost;
}

}  // namespace dbrepl
