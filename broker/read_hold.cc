#include "broker/read_hold.h"

#include <utility>

namespace dbrepl {

ReadHold::ReadHold(DatabaseBroker& broker) : broker_(broker) {
  auto held = broker.HoldReads();
  if (held) {
    holds_ = *held;
  } else {
    opened_ = Fail(std::move(held).error());
  }
}

ReadHold::~ReadHold() {
  if (holds_) broker_.EndHeldReads();
}

}  // namespace dbrepl
