// Keeps a dead peer from costing a timeout for every database: after failures in a row its calls
// are refused at once, for a time that doubles and jitters; then one caller tries, and the others
// wait for how it fares.
//
// Thread-safe. Shape: nghttp2's ConnectBlocker, with a half-open state.
#pragma once

#include <chrono>
#include <map>

#include "common/clock.h"
#include "common/mutex.h"
#include "common/random.h"
#include "common/result.h"
#include "rpc/peer_address.h"

namespace dbrepl {

class PeerBackoff {
 public:
  struct Options {
    int free_failures = 2;  // in a row, before anything is refused
    std::chrono::milliseconds first_delay{500};
    std::chrono::milliseconds max_delay{60'000};
    double jitter = 0.25;  // each delay is drawn from 1 - jitter ... 1 + jitter times its length
  };

  // Clock and random must outlive it.
  PeerBackoff(const Options& options, const Clock& clock, Random& random);

  // Before a call: fine, or kUnreachable with the time left. A caller that was let through reports
  // with exactly one of the three below.
  Result<> Admit(const PeerAddress& peer);
  // The peer answered, whatever it said.
  void OnSuccess(const PeerAddress& peer);
  // It did not answer, or not in time.
  void OnFailure(const PeerAddress& peer);
  // The call was given up for a reason of our own; says nothing about the peer.
  void OnAbandoned(const PeerAddress& peer);

 private:
  struct State {
    int failures = 0;
    bool probing = false;  // one caller is out trying
    std::chrono::steady_clock::time_point closed_until{};
  };

  std::chrono::milliseconds DelayAfter(int failures);

  const Options options_;
  const Clock& clock_;
  Random& random_;
  Mutex mutex_;
  std::map<PeerAddress, State> unhealthy_ GUARDED_BY(mutex_);  // peers with failures only
};

}  // namespace dbrepl
