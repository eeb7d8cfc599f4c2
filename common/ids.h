// Numbers that must not be mistaken for each other as types of their own: comparable, hashable,
// printable by value(), and nothing else. Plain values, thread-safe.
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace dbrepl {

// `using ShelfId = StrongId<struct ShelfIdTag, std::uint32_t>;` makes a type of its own.
template <class Tag, std::integral Integer>
class StrongId {
 public:
  constexpr StrongId() = default;  // 0
  explicit constexpr StrongId(Integer value) : value_(value) {}

  constexpr Integer value() const { return value_; }
  auto operator<=>(const StrongId&) const = default;

 private:
  Integer value_ = 0;
};

// 0 .. 2^part_power - 1, the first directory level below `containers/`.
using PartitionId = StrongId<struct PartitionIdTag, std::uint32_t>;

}  // namespace dbrepl

template <class Tag, std::integral Integer>
struct std::hash<dbrepl::StrongId<Tag, Integer>> {
  std::size_t operator()(dbrepl::StrongId<Tag, Integer> id) const noexcept {
    return std::hash<Integer>{}(id.value());
  }
};
