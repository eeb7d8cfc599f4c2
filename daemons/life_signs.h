// Signs that work goes on, for a watchdog: every call to a peer and every file that is sent counts
// when it begins and when it ends, and while one is under way it is bounded by a timeout of its
// own. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "replicator/file_sender.h"

namespace dbrepl {

class LifeSigns {
 public:
  // Work that is under way for as long as it lives.
  class Work {
   public:
    explicit Work(LifeSigns& signs) : signs_(signs) {
      ++signs_.under_way_;
      ++signs_.seen_;
    }
    ~Work() {
      ++signs_.seen_;
      --signs_.under_way_;
    }
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

   private:
    LifeSigns& signs_;
  };

  // Something happened that lasts no time.
  void Note() { ++seen_; }

  // How often something was seen; it grows as long as work goes on.
  std::uint64_t seen() const { return seen_; }
  bool is_under_way() const { return under_way_ > 0; }

 private:
  std::atomic<std::uint64_t> seen_ = 0;
  std::atomic<std::int64_t> under_way_ = 0;
};

// A file sender whose work shows in the signs of life. What it is given outlives it.
class WatchedFileSender final : public FileSender {
 public:
  WatchedFileSender(FileSender& inner, LifeSigns& signs) : inner_(inner), signs_(signs) {}

  Result<> Send(DatabaseBroker& broker, const std::string& local_id, const Device& node,
                bool is_other_region) override {
    const LifeSigns::Work work(signs_);
    return inner_.Send(broker, local_id, node, is_other_region);
  }

 private:
  FileSender& inner_;
  LifeSigns& signs_;
};

}  // namespace dbrepl
