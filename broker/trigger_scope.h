// Lets triggers fire on a connection while it lives: for statements whose effect on counts and
// hash nobody folds in memory.
#pragma once

#include "broker/connection.h"

namespace dbrepl {

class TriggerScope {
 public:
  explicit TriggerScope(Connection& connection) : connection_(connection) {
    connection_.UseTriggers(true);
  }
  ~TriggerScope() { connection_.UseTriggers(false); }
  TriggerScope(const TriggerScope&) = delete;
  TriggerScope& operator=(const TriggerScope&) = delete;

 private:
  Connection& connection_;
};

}  // namespace dbrepl
