// What an op of a REPLICATE request gets to work with, and the answers that several of them give.
// Lives for one request, on one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/container_broker.h"
#include "broker/database_broker.h"
#include "common/result.h"
#include "replicator/answer/database_files.h"
#include "replicator/answer/device_root.h"
#include "replicator/answer/known_states.h"
#include "replicator/answer/replicate_service.h"
#include "replicator/answer/request_path.h"
#include "replicator/shared/wire_values.h"

namespace dbrepl {

struct Operation {
  const ReplicateOptions& options;
  ConnectionCache& connections;
  ReplacedFiles& replaced_files;
  KnownStates& known_states;
  const RequestPath& path;
  const DeviceRoot& device;
  const std::vector<std::string_view>& arguments;  // JSON texts, without the op
  TimeBound time_bound;
  Logger logger;                  // about this database
  bool is_from_own_peer = false;  // the replicator is one of ours (own_peer.h)
  bool swift_is_around = false;   // this one or another is Swift's (swift_replicators.h)
  // As found before the op was looked up, for ops on a database that exists.
  DatabaseFiles files = {};

  // <hash>.db in its hash directory, whether it exists or not.
  std::string DbPath() const;
  // An argument's text; missing: kBadInput.
  Result<std::string_view> Argument(std::size_t index, std::string_view name) const;
  // Options with this service's clock, timeouts and log.
  BrokerOptions MakeBrokerOptions() const;
  // Of this request's database, on a kept connection if there is one.
  std::unique_ptr<DatabaseBroker> MakeBroker() const;
  // CHECKs that this is a container service.
  std::unique_ptr<ContainerBroker> MakeContainerBroker() const;
};

// The database's file, or one of its epochs', is there. Errors are those of LookAtDatabase.
Result<bool> DatabaseExists(const Operation& operation);

// An op returns the answer, or an error that AnswerError turns into one.
using OpFunction = Result<HttpResponse> (*)(const Operation& operation);

HttpResponse Accepted();   // 202
HttpResponse NotFound();   // 404
HttpResponse NoContent();  // 204
// 400 kBadInput, 404 kNotFound, 503 kBusy, else 500; the body of 400, 500 and 503 is the error's
// message and hint. All but 404 are logged. A disk that turns out to be full is 500, as with Swift:
// at 507 replicators would put every database of the device on a handoff.
HttpResponse AnswerError(const Error& error, const Logger& logger);

}  // namespace dbrepl
