// Everything GET /recon/<check>[/<type>] answers: what swift-recon and monitoring ask of account
// and container servers (swift-reference.md section 6.8, Swift's recon middleware). No sockets.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/log.h"
#include "rpc/http_message.h"

namespace dbrepl {

struct ReconOptions {
  std::string devices = "/srv/node";
  std::string recon_cache_path = "/var/cache/swift";
  std::vector<std::string> rings;  // files whose MD5 `ringmd5` tells, where they exist
  std::string swift_conf = "/etc/swift/swift.conf";
  std::string version;         // what `version` tells
  std::string proc = "/proc";  // replaced in tests
  const Clock* clock = &SystemClock();
  Logger logger;
};

// Thread-safe; a call may block as long as a dying disk does.
class Recon {
 public:
  explicit Recon(ReconOptions options) : options_(std::move(options)) {}

  // Whether Answer is to be asked: the target's path is below /recon/.
  static bool Handles(std::string_view target);

  // Whatever the method. 200 with JSON; unknown: 404 "Invalid path: ..." as text; a source that
  // cannot be read: 500 with a sentence and a log line (Swift: a traceback). Values a cache file
  // does not hold are null.
  HttpResponse Answer(std::string_view target) const;

 private:
  const ReconOptions options_;
};

}  // namespace dbrepl
