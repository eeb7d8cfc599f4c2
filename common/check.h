// CHECK(condition): our own mistakes. Stays on in release builds; prints place and condition, then
// aborts. What the world does to us (files, peers, configuration) is never CHECKed: that is a
// Result.
#pragma once

namespace dbrepl {

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace dbrepl

#define CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::dbrepl::CheckFailed(#condition, __FILE__, __LINE__))
