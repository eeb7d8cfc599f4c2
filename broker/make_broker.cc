#include "broker/make_broker.h"

#include <utility>

#include "broker/account_broker.h"

namespace dbrepl {

std::unique_ptr<DatabaseBroker> MakeBroker(DbKind kind, std::string path, BrokerOptions options,
                                           ContainerBroker::Files files) {
  if (kind == DbKind::kAccount)
    return std::make_unique<AccountBroker>(std::move(path), std::move(options));
  return std::make_unique<ContainerBroker>(std::move(path), std::move(options), files);
}

}  // namespace dbrepl
