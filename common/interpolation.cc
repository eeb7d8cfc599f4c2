#include "common/interpolation.h"

#include <algorithm>
#include <utility>

#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr int kMaxDepth = 10;  // as Python's
// References to references grow fast, in length or (when they are empty) only in number.
constexpr std::size_t kMaxResult = std::size_t{1} << 20;
constexpr int kMaxReferences = 10'000;
constexpr std::string_view kReferenceEnd = ")s";

tl::unexpected<Error> Refuse(std::string problem, std::string hint = {}) {
  return Fail(Errc::kBadInput, std::move(problem), std::move(hint));
}

class Interpolator {
 public:
  explicit Interpolator(const ReferenceLookup& lookup) : lookup_(lookup) {}

  Result<> Append(std::string_view value, int depth) {
    if (depth > kMaxDepth) {
      return Refuse("references go around in a circle, or deeper than 10 levels");
    }
    while (!value.empty()) {
      const auto percent = std::min(value.find('%'), value.size());
      out_ += value.substr(0, percent);
      value.remove_prefix(percent);
      if (out_.size() > kMaxResult) return Refuse("longer than 1 MB when replaced");
      if (value.starts_with("%%")) {
        out_ += '%';
        value.remove_prefix(2);
      } else if (value.starts_with("%(")) {
        TRY(AppendReference(value, depth));
      } else if (!value.empty()) {
        return Refuse("% stands alone", "write %% for a percent sign");
      }
    }
    return {};
  }

  std::string Take() && { return std::move(out_); }

 private:
  // Replaces the reference that `value` begins with, and removes it there.
  Result<> AppendReference(std::string_view& value, int depth) {
    const auto end = value.find(')');
    if (end == 2 || end == std::string_view::npos || value.substr(end, 2) != kReferenceEnd) {
      return Refuse("%( begins a reference that does not end with )s",
                    "write %(name)s to refer to an option, %% for a percent sign");
    }
    if (++references_ > kMaxReferences) return Refuse("more than 10000 references to replace");
    const std::string_view name = value.substr(2, end - 2);
    const std::string* referenced = lookup_(name);
    if (referenced == nullptr) {
      return Refuse(StrCat("%(", Printable(name), ")s refers to an option that is not set"),
                    "set it in the same section or in [DEFAULT]");
    }
    // A value without references is no level of its own.
    if (referenced->find('%') == std::string::npos) {
      out_ += *referenced;
    } else {
      TRY(Append(*referenced, depth + 1));
    }
    value.remove_prefix(end + kReferenceEnd.size());
    return {};
  }

  const ReferenceLookup& lookup_;
  std::string out_;
  int references_ = 0;
};

}  // namespace

Result<std::string> InterpolateReferences(std::string_view value, const ReferenceLookup& lookup) {
  Interpolator interpolator(lookup);
  TRY(interpolator.Append(value, 1));
  return std::move(interpolator).Take();
}

}  // namespace dbrepl
