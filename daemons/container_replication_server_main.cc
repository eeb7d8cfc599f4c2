// container-replication-server: answers REPLICATE for container databases on the replication port.
#include "daemons/replication_server_program.h"

int main(int argc, char** argv) {
  return dbrepl::ReplicationServerMain(dbrepl::DbKind::kContainer, {argv, argv + argc});
}
