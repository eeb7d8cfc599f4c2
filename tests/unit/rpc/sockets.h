// Plain blocking sockets for the tests of rpc/: a client that says exactly what it is told, and a
// server that follows a script. Every wait ends after five seconds.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "common/unique_fd.h"

namespace dbrepl {

// One connected socket.
class RawSocket {
 public:
  explicit RawSocket(UniqueFd fd) : fd_(std::move(fd)) {}

  // Connects to 127.0.0.1, or ::1.
  static RawSocket Connect(std::uint16_t port, bool ipv6 = false);

  // False when the other side has closed.
  bool Send(std::string_view bytes);
  // Reads until `mark` has come in, and returns all up to its end; what follows stays for the next
  // call. nullopt: the other side closed, or five seconds passed.
  std::optional<std::string> ReadUntil(std::string_view mark);
  std::optional<std::string> ReadBytes(std::size_t count);
  // A response head and the body its Content-Length announces; empty when there is none.
  std::string ReadMessage();
  // Whatever comes until the other side closes.
  std::string ReadToEnd();
  // Whether the other side closes within five seconds, sending nothing more.
  bool IsClosedByPeer();
  // How many bytes arrive within `milliseconds`, at most.
  std::size_t CountFor(int milliseconds);

  void ShutDownSending();
  void Close() { fd_.Reset(); }
  void SetReceiveBuffer(int bytes);
  int fd() const { return fd_.get(); }

 private:
  bool Fill();
  UniqueFd fd_;
  std::string in_;
};

// A listener on 127.0.0.1 whose connections are handled one after the other by `script`, on a
// thread of its own; the number counts connections from 0.
class RawServer {
 public:
  explicit RawServer(std::function<void(RawSocket&, int)> script, int backlog = 16);
  // Does not accept: connections stay in the backlog.
  explicit RawServer(int backlog);
  ~RawServer();
  std::uint16_t port() const { return port_; }
  int accepted() const { return accepted_; }

 private:
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::thread thread_;
};

// Waits until a growing number has stood still for 60 milliseconds, and returns it.
std::size_t Settled(const std::atomic<std::size_t>& number);

// Waits until the condition holds, at most five seconds.
bool Eventually(const std::function<bool()>& condition);

}  // namespace dbrepl
