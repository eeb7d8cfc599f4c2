#include "replicator/answer/operation.h"

#include <utility>

#include "broker/make_broker.h"
#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {

std::string Operation::DbPath() const {
  return StrCat(device.HashDirectory(options.kind, path), "/", PlainBaseName(path.hash).value());
}

Result<std::string_view> Operation::Argument(std::size_t index, std::string_view name) const {
  if (index < arguments.size()) return arguments[index];
  return Fail(Errc::kBadInput, StrCat("argument ", index + 1, ", ", name, ", is missing"));
}

BrokerOptions Operation::MakeBrokerOptions() const {
  BrokerOptions broker;
  broker.lock_timeout = options.lock_timeout;
  broker.pending_timeout = options.pending_timeout;
  broker.renew_unchanged_rows = swift_is_around;
  broker.clock = options.clock;
  broker.random = options.random;
  broker.warn = [logger = logger](const std::string& line) { logger.Warning(line); };
  return broker;
}

std::unique_ptr<DatabaseBroker> Operation::MakeBroker() const {
  BrokerOptions broker = MakeBrokerOptions();
  broker.connections = &connections;
  return dbrepl::MakeBroker(options.kind, DbPath(), std::move(broker));
}

std::unique_ptr<ContainerBroker> Operation::MakeContainerBroker() const {
  CHECK(options.kind == DbKind::kContainer);
  BrokerOptions broker = MakeBrokerOptions();
  broker.connections = &connections;
  return std::make_unique<ContainerBroker>(DbPath(), std::move(broker));
}

Result<bool> DatabaseExists(const Operation& operation) {
  TRY_ASSIGN(const DatabaseFiles files, LookAtDatabase(operation.device, operation.options.kind,
                                                       operation.path, TagWanted::kNo));
  return files.exist;
}

HttpResponse Accepted() { return MakePage(202, "The request is accepted for processing."); }

HttpResponse NotFound() { return MakePage(404, "The resource could not be found."); }

HttpResponse NoContent() { return MakeResponse(204, "text/html; charset=UTF-8", ""); }

HttpResponse AnswerError(const Error& error, const Logger& logger) {
  if (error.code == Errc::kNotFound) return NotFound();
  const std::string line = Printable(MessageWithHint(error));
  if (error.code == Errc::kBadInput) {
    logger.Warning("REPLICATE refused: ", line);
    return MakeResponse(400, "text/plain", line);
  }
  logger.Error("REPLICATE failed: ", line);
  return MakeResponse(error.code == Errc::kBusy ? 503 : 500, "text/plain", line);
}

}  // namespace dbrepl
