// Any bytes as a pickle: an answer or an error, in bounded time and memory.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/check.h"
#include "common/pickle.h"

namespace dbrepl {
namespace {

// Values that a walk meets; the reader promises that they are no more than its limit.
std::size_t Walk(const PickleValue& value) {
  std::size_t met = 1;
  const auto walk_all = [&](const std::vector<PicklePtr>& items) {
    for (const auto& item : items) met += Walk(*item);
  };
  if (const auto* tuple = std::get_if<PickleValue::Tuple>(&value.value)) walk_all(tuple->items);
  if (const auto* list = std::get_if<PickleValue::List>(&value.value)) walk_all(list->items);
  if (const auto* dict = std::get_if<PickleValue::Dict>(&value.value)) {
    for (const auto& [key, entry] : dict->items) met += Walk(*key) + Walk(*entry);
  }
  return met;
}

}  // namespace
}  // namespace dbrepl

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  dbrepl::PickleLimits limits;
  for (const bool allow_arrays : {false, true}) {
    limits.allow_arrays = allow_arrays;
    const auto value = dbrepl::ReadPickle(bytes, limits);
    if (value) {
      CHECK(dbrepl::Walk(**value) <= limits.max_items);
    } else {
      CHECK(value.error().code == dbrepl::Errc::kBadInput);
    }
  }
  return 0;
}
