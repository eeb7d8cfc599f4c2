#include "rpc/wait_for_address.h"

#include <memory>
#include <optional>
#include <utility>

#include "common/mutex.h"
#include "rpc/name_lookup.h"

namespace dbrepl {
namespace {

// Shared by the thread that waits and the loop that looks up.
class Pending {
 public:
  // The first one counts.
  void Set(Result<SocketAddress> found) {
    {
      const MutexLock lock(mutex_);
      if (!found_) found_ = std::move(found);
    }
    changed_.NotifyOne();
  }
  Result<SocketAddress> Wait(std::chrono::steady_clock::time_point until) {
    const MutexLock lock(mutex_);
    while (!found_)
      if (!changed_.WaitUntil(mutex_, until) && !found_)
        return Fail(Errc::kTimeout, "look up: not in time");
    return *std::move(found_);
  }

  std::unique_ptr<NameLookup> lookup;  // loop thread only

 private:
  Mutex mutex_;
  CondVar changed_;
  std::optional<Result<SocketAddress>> found_ GUARDED_BY(mutex_);
};

tl::unexpected<Error> Cancelled() { return Fail(Errc::kCancelled, "look up: cancelled"); }

}  // namespace

Result<SocketAddress> WaitForAddress(EventLoop& loop, const PeerAddress& peer,
                                     std::chrono::steady_clock::time_point until,
                                     const std::stop_token& stop) {
  if (auto numeric = NumericAddress(peer)) return numeric;
  const auto pending = std::make_shared<Pending>();
  const bool posted = loop.Post([&loop, pending, peer] {
    pending->lookup = std::make_unique<NameLookup>(
        loop, peer, [pending](Result<SocketAddress> found) { pending->Set(std::move(found)); });
  });
  if (!posted) return Cancelled();
  const std::stop_callback on_stop(stop, [&pending] { pending->Set(Cancelled()); });
  auto found = pending->Wait(until);
  // The look-up holds what holds it.
  loop.Post([pending] { pending->lookup.reset(); });
  return found;
}

}  // namespace dbrepl
