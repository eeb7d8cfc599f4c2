#include "broker/read_hold.h"

namespace dbrepl {

ReadHold::ReadHold(DatabaseBroker& broker) : broker_(broker), holds_(broker.HoldReads()) {}

ReadHold::~ReadHold() {
  if (holds_) broker_.EndHeldReads();
}

}  // namespace dbrepl
