#include "rpc/peer_socket.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "rpc/uv_handle.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;

Error SocketError(std::string_view what) { return UvError(-errno, what); }

Error Late() { return {Errc::kTimeout, "connection: the time is over", {}}; }

// What a call says whose limit has passed.
bool IsLimit(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

milliseconds TimeLeft(PeerSocket::Time until) {
  constexpr milliseconds kMost(std::numeric_limits<int>::max());
  return std::min(std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now()), kMost);
}

}  // namespace

Result<PeerSocket> PeerSocket::Open(const SocketAddress& address) {
  UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Fail(SocketError("socket"));
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return PeerSocket(std::move(fd));
}

bool PeerSocket::LimitWait(Direction direction, Time until) {
  // Setting it costs a call to the system: a little more or less than last time will do.
  constexpr milliseconds kSlack{10};
  const milliseconds left = TimeLeft(until);
  if (left.count() <= 0) return false;
  const bool sends = direction == Direction::kSending;
  milliseconds& limit = sends ? sending_limit_ : receiving_limit_;
  if (limit.count() != 0 && std::chrono::abs(limit - left) <= kSlack) return true;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  const timeval wait{
      .tv_sec = seconds.count(),
      .tv_usec = std::chrono::duration_cast<std::chrono::microseconds>(left - seconds).count()};
  ::setsockopt(fd_.get(), SOL_SOCKET, sends ? SO_SNDTIMEO : SO_RCVTIMEO, &wait, sizeof(wait));
  limit = left;
  return true;
}

// A connect() that waits could not be taken up again after a signal.
Result<> PeerSocket::Connect(const SocketAddress& address, Time until) {
  if (::connect(fd_.get(), address.get(), address.size()) != 0) {
    if (errno != EINPROGRESS) return Fail(SocketError("connect"));
    TRY(WaitForConnection(until));
  }
  if (::fcntl(fd_.get(), F_SETFL, 0) != 0) return Fail(SocketError("connect"));
  return {};
}

Result<> PeerSocket::WaitForConnection(Time until) const {
  pollfd waiting{.fd = fd_.get(), .events = POLLOUT, .revents = 0};
  while (true) {
    const auto left = TimeLeft(until);
    if (left.count() <= 0) return Fail(Late());
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready > 0) break;
    if (ready < 0 && errno != EINTR) return Fail(SocketError("connect"));
  }
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return Fail(UvError(-error, "connect"));
  return {};
}

Result<> PeerSocket::Send(std::string_view bytes, Time until) {
  while (!bytes.empty()) {
    if (!LimitWait(Direction::kSending, until)) return Fail(Late());
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EINTR && !IsLimit(errno)) {
      return Fail(SocketError("connection"));
    }
  }
  return {};
}

Result<std::size_t> PeerSocket::Receive(std::span<char> space, Time until) {
  while (LimitWait(Direction::kReceiving, until)) {
    const ssize_t received = ::recv(fd_.get(), space.data(), space.size(), 0);
    if (received >= 0) return static_cast<std::size_t>(received);
    if (errno != EINTR && !IsLimit(errno)) return Fail(SocketError("connection"));
  }
  return Fail(Late());
}

bool PeerSocket::IsQuiet() const {
  char byte = 0;
  const ssize_t there = ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return there < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void PeerSocket::Interrupt() const { ::shutdown(fd_.get(), SHUT_RDWR); }

}  // namespace dbrepl
