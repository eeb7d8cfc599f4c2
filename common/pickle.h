// A bounded reader of Python pickles that hold data only. It executes nothing: opcodes that import,
// call or build objects are refused, with one exception that the caller must ask for (arrays of
// numbers in builder files).
//
// Used for pending files (protocol 2 tuples, all writers since Python 2) and Swift's .builder
// files. Pure functions, thread-safe. Opcode list: swift-reference.md sections 2.9 and 3.15; all
// data opcodes of protocols 0 to 4 are read, except sets and the 8-byte lengths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/result.h"

namespace dbrepl {

class PickleValue;
// Shared because pickles refer to the same object more than once; values are never changed after
// reading.
using PicklePtr = std::shared_ptr<const PickleValue>;

// array.array of the typecode's item size, as integers in host order.
struct PickleArray {
  char typecode = 0;  // 'H', 'I', 'B' ...
  std::vector<std::uint32_t> items;
};

class PickleValue {
 public:
  struct Tuple {
    std::vector<PicklePtr> items;
  };
  struct List {
    std::vector<PicklePtr> items;
  };
  struct Dict {
    std::vector<std::pair<PicklePtr, PicklePtr>> items;
  };  // in order of insertion; last key wins
  struct Bytes {
    std::string bytes;
  };

  // monostate is None. Text is UTF-8 (surrogatepass: lone surrogates keep their three-byte form).
  using Variant = std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes,
                               Tuple, List, Dict, PickleArray>;
  Variant value;

  // The entry of a dict whose key is this text; nullptr when there is none or this is no dict.
  const PickleValue* Find(std::string_view key) const;
};

struct PickleLimits {
  std::size_t max_bytes = std::size_t{1} << 20;
  // Values made in all, and values that a walk of the result meets: those that are referred to
  // several times count each time, and long text counts one more for every 256 bytes.
  std::size_t max_items = 100'000;
  std::size_t max_depth = 32;
  // array.array(typecode, list), array._array_reconstructor and _codecs.encode, and nothing else.
  bool allow_arrays = false;
};

// One pickle, which must end with STOP at the end of `bytes` or before it (Python ignores what
// follows). Strings of Python 2 are decoded as UTF-8, as Swift's broker does. Forbidden or unknown
// opcode, a lie about a length, a value that contains itself, a limit passed, integers beyond 64
// bits: kBadInput with the opcode and the byte offset. Nothing is allocated for a length before
// that many bytes were seen.
Result<PicklePtr> ReadPickle(std::string_view bytes, const PickleLimits& limits = {});

}  // namespace dbrepl
