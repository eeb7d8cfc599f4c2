// The operations of broker_probe: what README.md lists, as calls of our brokers.
#pragma once

#include <string>

#include "broker/account_broker.h"
#include "broker/container_broker.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/result.h"

namespace dbrepl {

// One request: `op`, `now`, `kind`, `path`, `account`, `container` and the operation's arguments.
// Returns the result as JSON text; an operation's own failure, or one that is not known
// (kBadInput).
Result<std::string> RunOperation(const JsonValue& request);

// The three tables; nullptr-like false in `found` when the name is not theirs.
Result<std::string> RunContainerOperation(ContainerBroker& broker, const std::string& op,
                                          const JsonValue& request, bool& found);
Result<std::string> RunAccountOperation(AccountBroker& broker, const std::string& op,
                                        const JsonValue& request, bool& found);
Result<std::string> RunCommonOperation(DatabaseBroker& broker, const std::string& op,
                                       const JsonValue& request, bool& found);

// Members of a request; the tests' own mistakes end the program.
const JsonValue& Member(const JsonValue& request, std::string_view name);
std::string Text(const JsonValue& request, std::string_view name);  // empty for null
std::int64_t Int(const JsonValue& request, std::string_view name);
double Real(const JsonValue& request, std::string_view name);
bool Flag(const JsonValue& request, std::string_view name);

// What an operation without result answers.
Result<std::string> Done(Result<> outcome);
std::string BoolText(bool value);

}  // namespace dbrepl
