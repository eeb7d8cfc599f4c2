#include "tests/unit/rpc/sockets.h"

#include <chrono>
#include <cstdlib>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "common/check.h"
#include "common/strings.h"
#include "rpc/listener.h"
#include "rpc/peer_address.h"

namespace dbrepl {
namespace {

constexpr int kPatienceMs = 5000;

bool Readable(int fd, int milliseconds) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, milliseconds) == 1;
}

}  // namespace

RawSocket RawSocket::Connect(std::uint16_t port, bool ipv6) {
  const auto address = NumericAddress({ipv6 ? "::1" : "127.0.0.1", port});
  UniqueFd fd(::socket(address->get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(fd && ::connect(fd.get(), address->get(), address->size()) == 0);
  return RawSocket(std::move(fd));
}

bool RawSocket::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawSocket::Fill() {
  if (!Readable(fd_.get(), kPatienceMs)) return false;
  char buffer[65536];
  const ssize_t got = ::recv(fd_.get(), buffer, sizeof(buffer), 0);
  if (got <= 0) return false;
  in_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

std::optional<std::string> RawSocket::ReadUntil(std::string_view mark) {
  std::size_t at = in_.find(mark);
  while (at == std::string::npos) {
    if (!Fill()) return std::nullopt;
    at = in_.find(mark);
  }
  return ReadBytes(at + mark.size());
}

std::optional<std::string> RawSocket::ReadBytes(std::size_t count) {
  while (in_.size() < count)
    if (!Fill()) return std::nullopt;
  std::string front = in_.substr(0, count);
  in_.erase(0, count);
  return front;
}

std::string RawSocket::ReadMessage() {
  const auto head = ReadUntil("\r\n\r\n");
  if (!head) return {};
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t at = head->find(kLength);
  if (at == std::string::npos) return *head;
  const auto length = std::strtoul(head->c_str() + at + kLength.size(), nullptr, 10);
  return *head + ReadBytes(length).value_or("(body cut short)");
}

std::string RawSocket::ReadToEnd() {
  while (Fill()) {
  }
  return std::exchange(in_, {});
}

bool RawSocket::IsClosedByPeer() {
  if (!in_.empty() || !Readable(fd_.get(), kPatienceMs)) return false;
  char byte = 0;
  return ::recv(fd_.get(), &byte, 1, 0) <= 0;
}

std::size_t RawSocket::CountFor(int milliseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  std::size_t count = 0;
  char buffer[65536];
  while (std::chrono::steady_clock::now() < end) {
    if (!Readable(fd_.get(), 5)) continue;
    const ssize_t got = ::recv(fd_.get(), buffer, sizeof(buffer), 0);
    if (got <= 0) break;
    count += static_cast<std::size_t>(got);
  }
  return count;
}

void RawSocket::ShutDownSending() { ::shutdown(fd_.get(), SHUT_WR); }

void RawSocket::SetReceiveBuffer(int bytes) {
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

RawServer::RawServer(int backlog) {
  ListenOptions options;
  options.bind_ip = "127.0.0.1";
  options.backlog = backlog;
  auto listener = OpenListener(options);
  CHECK(listener.has_value());
  listener_ = *std::move(listener);
  port_ = ListenerPort(listener_.get());
}

RawServer::RawServer(std::function<void(RawSocket&, int)> script, int backlog)
    : RawServer(backlog) {
  thread_ = std::thread([this, script = std::move(script)] {
    while (true) {
      // Woken by the shutdown in the destructor.
      if (!Readable(listener_.get(), -1)) return;
      UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      RawSocket socket(std::move(fd));
      script(socket, accepted_++);
    }
  });
}

RawServer::~RawServer() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
}

std::size_t Settled(const std::atomic<std::size_t>& number) {
  std::size_t seen = number;
  for (int still = 0; still < 12; ++still) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (const std::size_t now = number; now != seen) {
      seen = now;
      still = 0;
    }
  }
  return seen;
}

bool Eventually(const std::function<bool()>& condition) {
  for (int waited = 0; waited < kPatienceMs; ++waited) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

}  // namespace dbrepl
