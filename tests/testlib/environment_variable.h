// A variable of the environment that a test sets. One thread: made and changed before there are
// others.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace dbrepl {

// As it was before, when it is destroyed.
class EnvironmentVariable {
 public:
  explicit EnvironmentVariable(const char* name) : name_(name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): see above
    if (const char* const before = std::getenv(name)) before_ = before;
  }
  ~EnvironmentVariable() { before_ ? Set(*before_) : Unset(); }
  EnvironmentVariable(const EnvironmentVariable&) = delete;
  EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;

  const std::optional<std::string>& before() const { return before_; }
  // NOLINTBEGIN(concurrency-mt-unsafe): see above
  void Set(const std::string& value) { ::setenv(name_.c_str(), value.c_str(), 1); }
  void Unset() { ::unsetenv(name_.c_str()); }
  // NOLINTEND(concurrency-mt-unsafe)

 private:
  const std::string name_;
  std::optional<std::string> before_;
};

}  // namespace dbrepl
