#include "common/random.h"

#include <string_view>

#include <sys/random.h>

#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

class KernelRandom final : public Random {
 public:
  std::uint64_t operator()() override {
    std::uint64_t bits = 0;
    // So few bytes come whole and are not interrupted by signals.
    CHECK(::getrandom(&bits, sizeof(bits), 0) == sizeof(bits));
    return bits;
  }
};

std::string SixteenHexDigits(std::uint64_t bits) {
  std::string bytes;
  for (unsigned shift = 64; shift != 0; shift -= 8) {
    bytes.push_back(static_cast<char>(bits >> (shift - 8)));
  }
  return HexLower(bytes);
}

}  // namespace

double Random::Fraction() { return static_cast<double>((*this)() >> 11U) * 0x1p-53; }

std::uint64_t Random::Below(std::uint64_t end) {
  CHECK(end > 0);
  // Numbers of the last, incomplete run of `end` would favour the small results.
  const std::uint64_t incomplete = (max() % end + 1) % end;
  while (true) {
    const std::uint64_t bits = (*this)();
    if (bits <= max() - incomplete) return bits % end;
  }
}

Random& SystemRandom() {
  static KernelRandom random;
  return random;
}

std::uint64_t SeededRandom::operator()() {
  const MutexLock lock(mutex_);
  return engine_();
}

std::string Uuid4(Random& random) {
  constexpr std::uint64_t kVersionMask = 0xF000;
  constexpr std::uint64_t kVersion4 = 0x4000;
  constexpr std::uint64_t kVariantMask = 0xC000000000000000;
  constexpr std::uint64_t kVariant = 0x8000000000000000;
  const std::string high = SixteenHexDigits((random() & ~kVersionMask) | kVersion4);
  const std::string low = SixteenHexDigits((random() & ~kVariantMask) | kVariant);
  const std::string_view a = high;
  const std::string_view b = low;
  return StrCat(a.substr(0, 8), "-", a.substr(8, 4), "-", a.substr(12), "-", b.substr(0, 4), "-",
                b.substr(4));
}

}  // namespace dbrepl
