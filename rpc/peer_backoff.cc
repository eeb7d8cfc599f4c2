#include "rpc/peer_backoff.h"

#include <algorithm>

#include "common/strings.h"

namespace dbrepl {

PeerBackoff::PeerBackoff(const Options& options, const Clock& clock, Random& random)
    : options_(options), clock_(clock), random_(random) {}

Result<> PeerBackoff::Admit(const PeerAddress& peer) {
  MutexLock lock(mutex_);
  const auto found = unhealthy_.find(peer);
  if (found == unhealthy_.end() || found->second.failures <= options_.free_failures) return {};
  State& state = found->second;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(state.closed_until -
                                                                          clock_.SteadyNow());
  if (left.count() <= 0 && !state.probing) {
    state.probing = true;
    return {};
  }
  return Fail(
      Errc::kUnreachable,
      StrCat(HostAndPort(peer), ": not tried after ", state.failures, " failures in a row; ",
             state.probing ? std::string("one caller is trying now")
                           : StrCat("next try in ", left.count(), " ms")));
}

void PeerBackoff::OnSuccess(const PeerAddress& peer) {
  MutexLock lock(mutex_);
  unhealthy_.erase(peer);
}

void PeerBackoff::OnFailure(const PeerAddress& peer) {
  MutexLock lock(mutex_);
  State& state = unhealthy_[peer];
  const bool was_closed = state.closed_until > clock_.SteadyNow();
  state.probing = false;
  // Callers that were let through together fail together: that is one failure, not many.
  if (was_closed) return;
  ++state.failures;
  if (state.failures > options_.free_failures)
    state.closed_until = clock_.SteadyNow() + DelayAfter(state.failures);
}

void PeerBackoff::OnAbandoned(const PeerAddress& peer) {
  MutexLock lock(mutex_);
  if (const auto found = unhealthy_.find(peer); found != unhealthy_.end())
    found->second.probing = false;
}

std::chrono::milliseconds PeerBackoff::DelayAfter(int failures) {
  const int doublings = std::min(failures - options_.free_failures - 1, 30);
  double delay = static_cast<double>(options_.first_delay.count());
  for (int i = 0; i < doublings; ++i) delay *= 2;
  delay = std::min(delay, static_cast<double>(options_.max_delay.count()));
  delay *= 1 + options_.jitter * (2 * random_.Fraction() - 1);
  return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(delay));
}

}  // namespace dbrepl
