#include "common/check.h"

#include <cstdio>
#include <cstdlib>

namespace dbrepl {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace dbrepl
