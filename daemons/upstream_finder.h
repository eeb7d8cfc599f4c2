// Where requests go that the replication server does not serve itself: the node's ordinary server
// (swift-reference.md section 4.6).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/log.h"
#include "common/mutex.h"
#include "common/result.h"
#include "ring/ring_watcher.h"
#include "rpc/peer_address.h"

namespace dbrepl {

// "10.0.0.3:6201", "[fd00::3]:6201", "storage3:6201". Anything else: kBadInput.
Result<PeerAddress> ParsePeerAddress(std::string_view text);

// Thread-safe.
class UpstreamFinder {
 public:
  struct Options {
    std::optional<PeerAddress> fixed;  // goes before the ring
    std::string ring_path;
    PeerAddress own;  // bind_ip and bind_port of this server
    Logger logger;
  };

  explicit UpstreamFinder(Options options);

  // The fixed one; else the client address of the device that the target names first, if the ring
  // says that this server is its replication server; else that of any such device, for the
  // ordinary server may know devices that the ring has no more. None, or only this server itself:
  // kNotFound with a sentence and what to do. Never blocks.
  Result<PeerAddress> Find(std::string_view target) const;

  // Looks at the ring file again and asks the resolver about its host names. May block; the first
  // call makes the answers that Find gives until the next.
  void Refresh();

 private:
  using Table = std::map<std::string, PeerAddress, std::less<>>;  // by device
  Table MakeTable(const Ring& ring) const;

  const Options options_;
  std::unique_ptr<RingWatcher> watcher_;  // Refresh only
  std::shared_ptr<const Ring> ring_;      // Refresh only: what the table was made of
  mutable Mutex mutex_;
  Table table_ GUARDED_BY(mutex_);
  std::string problem_ GUARDED_BY(mutex_);  // why the table is empty
};

}  // namespace dbrepl
