// Host names to addresses, for rings that name their nodes. Internal to rpc/. Loop thread only.
#pragma once

#include <functional>
#include <memory>

#include "common/result.h"
#include "rpc/event_loop.h"
#include "rpc/peer_address.h"

namespace dbrepl {

// One look-up, made on one of libuv's own threads (getaddrinfo blocks). Destroying it means that
// its callback will not be called; a loop that ends meanwhile waits for the system to give up.
class NameLookup {
 public:
  // `on_done` gets the first address, later, or kUnreachable; it may destroy the look-up.
  NameLookup(EventLoop& loop, const PeerAddress& peer,
             std::function<void(Result<SocketAddress>)> on_done);
  ~NameLookup();
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

 private:
  struct Request;
  std::shared_ptr<Request> request_;
};

}  // namespace dbrepl
