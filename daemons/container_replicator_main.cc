// container-replicator: brings this node's container databases into agreement with their replicas.
#include "daemons/replicator_program.h"

int main(int argc, char** argv) {
  return dbrepl::ReplicatorMain(dbrepl::DbKind::kContainer, {argv, argv + argc});
}
