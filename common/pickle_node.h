// A pickle value while it is being read: what the reader must know about it beyond what its callers
// see. Part of the pickle reader (common/pickle.h). One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/pickle.h"

namespace dbrepl {

// The functions that a pickle of arrays calls. None of them is ever run: their effect is known.
enum class PickleFunction : std::uint8_t {
  kNone,
  kArray,               // array.array
  kArrayReconstructor,  // array._array_reconstructor
  kEncode,              // _codecs.encode
};

struct PickleNode : PickleValue {
  using Places = std::unordered_map<std::string, std::size_t>;

  std::uint32_t height = 0;  // containers below this value
  // Values that a walk of this one meets, shared ones each time; long text counts more. Saturates.
  std::uint32_t weight = 1;
  // A list or dict to which nothing refers but the reader's stack, so that it may get more items.
  // Whatever refers to a value closes it: no value can contain itself.
  bool open = false;
  PickleFunction function = PickleFunction::kNone;
  bool has_function = false;  // this is a function or a tuple with one: an argument, no data

  // For an open dict: the place in `items` of each key, by CanonicalKey().
  std::unique_ptr<Places> places;
};
using PickleNodePtr = std::shared_ptr<PickleNode>;

// Equal bytes for keys that Python finds equal (1, 1.0 and True are one key). nullopt for a value
// that Python cannot use as a key.
std::optional<std::string> CanonicalKey(const PickleValue& key);

// What the call yields: an array for the array makers, bytes for encode. `arguments` must be nodes
// of the reader. Errors name the problem only: unexpected arguments, unknown typecode or machine
// format, items that do not fit the type, a number of bytes that is no multiple of the item's.
Result<PickleValue::Variant> CallPickleFunction(PickleFunction function,
                                                const std::vector<PicklePtr>& arguments);

}  // namespace dbrepl
