// Brokers for those to whom account or container is a value and not a type.
#pragma once

#include <memory>
#include <string>

#include "broker/container_broker.h"
#include "broker/database_broker.h"

namespace dbrepl {

// Opens nothing yet. `files` matters to containers only.
std::unique_ptr<DatabaseBroker> MakeBroker(
    DbKind kind, std::string path, BrokerOptions options = {},
    ContainerBroker::Files files = ContainerBroker::Files::kNewest);

}  // namespace dbrepl
