// account-replicator: brings this node's account databases into agreement with their replicas.
#include "daemons/replicator_program.h"

int main(int argc, char** argv) {
  return dbrepl::ReplicatorMain(dbrepl::DbKind::kAccount, {argv, argv + argc});
}
