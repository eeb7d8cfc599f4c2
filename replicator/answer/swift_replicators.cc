#include "replicator/answer/swift_replicators.h"

namespace dbrepl {

void SwiftReplicators::HaveAsked() { around_until_ = clock_.SteadyNow() + kRemembered; }

bool SwiftReplicators::AreAround() const { return clock_.SteadyNow() < around_until_.load(); }

}  // namespace dbrepl
