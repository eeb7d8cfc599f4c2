#include "replicator/database_visit.h"

#include <chrono>

namespace dbrepl {

BrokerOptions VisitBrokerOptions(const PassOptions& options) {
  BrokerOptions broker;
  broker.pending_timeout = std::chrono::seconds(30);  // as Swift's replicator
  broker.clock = options.clock;
  broker.random = options.random;
  broker.warn = [logger = options.logger](const std::string& line) { logger.Warning(line); };
  return broker;
}

}  // namespace dbrepl
