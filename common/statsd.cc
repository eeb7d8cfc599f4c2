#include "common/statsd.h"

#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "common/deadline.h"
#include "common/json.h"
#include "common/mutex.h"
#include "common/unique_fd.h"

namespace dbrepl {
namespace {

// Python's str() of a float.
std::string PythonText(double value) { return DumpJson(JsonValue(value)); }

std::string JoinPrefix(const StatsdOptions& options) {
  std::string prefix;
  for (const auto& part : {options.metric_prefix, options.name}) {
    if (!part.empty()) prefix += StrCat(part, ".");
  }
  return prefix;
}

}  // namespace

class StatsdClient::Sender {
 public:
  Sender(const StatsdOptions& options, Logger logger, const StatsdSeams& seams)
      : options_(options),
        prefix_(JoinPrefix(options)),
        logger_(std::move(logger)),
        seams_(seams),
        next_resolve_(Deadline::After({}, seams.clock)) {
    if (TakeTurnToResolve()) Resolve();
  }

  void Send(std::string_view metric, std::string_view value, std::string_view type,
            std::optional<double> sample_rate) {
    const double rate =
        sample_rate.value_or(options_.default_sample_rate) * options_.sample_rate_factor;
    if (rate < 1 && seams_.random.Fraction() >= rate) return;
    std::string packet = StrCat(prefix_, metric, ":", value, "|", type);
    if (rate < 1) packet += StrCat("|@", PythonText(rate));

    if (TakeTurnToResolve()) Resolve();
    const MutexLock lock(mutex_);
    if (!fd_) return;
    if (::sendto(fd_.get(), packet.data(), packet.size(), MSG_NOSIGNAL, address_.get(),
                 address_.size) < 0) {
      Complain(ErrnoError(errno, "sending failed"));
    }
  }

 private:
  bool TakeTurnToResolve() {
    const MutexLock lock(mutex_);
    if (fd_ || !next_resolve_.Passed(seams_.clock)) return false;
    next_resolve_ = Deadline::After(std::chrono::minutes(1), seams_.clock);
    return true;
  }

  // The resolver may take its time: the lock is not held while it does.
  void Resolve() {
    const auto address = seams_.resolve(options_.host, options_.port, AddressChoice::kIpv4First);
    const MutexLock lock(mutex_);
    if (!address) return Complain(address.error());
    address_ = *address;
    fd_ = UniqueFd(::socket(address_.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd_) Complain(ErrnoError(errno, "no socket"));
  }

  void Complain(const Error& error) REQUIRES(mutex_) {
    if (std::exchange(complained_, true)) return;
    logger_.Warning("StatsD at ", options_.host, ":", options_.port, ": ", error.message,
                    "; metrics are lost, this is said once");
  }

  const StatsdOptions options_;
  const std::string prefix_;
  const Logger logger_;
  const StatsdSeams seams_;
  Mutex mutex_;
  UniqueFd fd_ GUARDED_BY(mutex_);  // owned once address_ is known
  UdpAddress address_ GUARDED_BY(mutex_);
  Deadline next_resolve_ GUARDED_BY(mutex_);
  bool complained_ GUARDED_BY(mutex_) = false;
};

StatsdClient::StatsdClient() = default;
StatsdClient::~StatsdClient() = default;
StatsdClient::StatsdClient(StatsdClient&&) noexcept = default;
StatsdClient& StatsdClient::operator=(StatsdClient&&) noexcept = default;

StatsdClient::StatsdClient(const StatsdOptions& options, Logger logger, const StatsdSeams& seams) {
  if (!options.host.empty()) {
    sender_ = std::make_unique<Sender>(options, std::move(logger), seams);
  }
}

void StatsdClient::Increment(std::string_view metric, std::optional<double> sample_rate) {
  if (sender_) sender_->Send(metric, "1", "c", sample_rate);
}

void StatsdClient::Timing(std::string_view metric, double milliseconds,
                          std::optional<double> sample_rate) {
  if (sender_) sender_->Send(metric, PythonText(milliseconds), "ms", sample_rate);
}

}  // namespace dbrepl
