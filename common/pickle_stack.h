// The memory of the machine that a pickle is a program for: a stack with marks, and a memo. Keeps
// the limits and refuses whatever would let a value contain itself. Part of the pickle reader
// (common/pickle.h). One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/pickle_node.h"

namespace dbrepl {

// Errors of all members are kBadInput and name the problem only; the reader adds the place.
class PickleStack {
 public:
  explicit PickleStack(const PickleLimits& limits) : limits_(limits) {}

  // Puts a value on top. Too many values: an error.
  Result<> Push(PickleValue::Variant value);
  Result<> PushOpen(PickleValue::Variant empty_container);
  Result<> PushFunction(PickleFunction function);
  // A tuple of these, which become closed.
  Result<> PushTuple(std::vector<PickleNodePtr> items);

  // Takes the top value. Nothing there above the last mark: an error.
  Result<PickleNodePtr> Pop();

  void Mark() { marks_.push_back(stack_.size()); }
  // Takes all values above the last mark, and the mark.
  Result<std::vector<PickleNodePtr>> PopToMark();

  // Adds to the list or dict on top, which must still be open. AddEntries takes keys and values in
  // turn; of equal keys the first keeps its place and the last value wins.
  Result<> AddItems(std::vector<PickleNodePtr> items);
  Result<> AddEntries(std::vector<PickleNodePtr> keys_and_values);

  // Notes the top value under `index`, or under the next free one.
  Result<> Remember(std::uint64_t index);
  Result<> RememberNext() { return Remember(memo_.size()); }
  // Puts the value noted under `index` on top; it becomes closed.
  Result<> Recall(std::uint64_t index);

  // The pickle's result: the top value, closed.
  Result<PicklePtr> Finish();

 private:
  bool HasTop() const;  // above the last mark
  Result<> PushNode(PickleNodePtr node);
  Result<PickleNode*> OpenTop(std::string_view kind);
  // Counts `item` as a part of `container` and closes it.
  Result<> Contain(PickleNode& container, PickleNode& item) const;

  const PickleLimits limits_;
  std::size_t values_made_ = 0;
  std::vector<PickleNodePtr> stack_;
  std::vector<std::size_t> marks_;  // sizes of the stack
  std::unordered_map<std::uint64_t, PickleNodePtr> memo_;
};

}  // namespace dbrepl
