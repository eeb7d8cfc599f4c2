// A TCP connection to a peer, for a thread that waits for it. Internal to rpc/.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "common/result.h"
#include "common/unique_fd.h"
#include "rpc/peer_address.h"

namespace dbrepl {

// Used by one thread at a time, but for Interrupt.
class PeerSocket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  PeerSocket(PeerSocket&&) noexcept = default;
  PeerSocket& operator=(PeerSocket&&) noexcept = default;

  // A socket that is not connected yet. kIo: the system gives none.
  static Result<PeerSocket> Open(const SocketAddress& address);
  // kTimeout: the time has come; kUnreachable and others: refused, no way there, interrupted.
  Result<> Connect(const SocketAddress& address, Time until);
  // Sends all of it, to a peer that is connected. Errors as Connect's; the peer may have read some.
  Result<> Send(std::string_view bytes, Time until);
  // Waits for some bytes and puts them at the front of `space`; how many, 0: the peer has closed.
  Result<std::size_t> Receive(std::span<char> space, Time until);

  // Nothing has come in, not even the peer's end.
  bool IsQuiet() const;

  // From any thread while the socket lives and is not moved: what waits ends at once, and nothing
  // can be sent or received any more.
  void Interrupt() const;

 private:
  enum class Direction { kSending, kReceiving };
  explicit PeerSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  // Lets the kernel end a wait at about this time. False: it has come.
  bool LimitWait(Direction direction, Time until);
  Result<> WaitForConnection(Time until) const;

  UniqueFd fd_;
  // As the kernel was told last.
  std::chrono::milliseconds sending_limit_{0};
  std::chrono::milliseconds receiving_limit_{0};
};

}  // namespace dbrepl
