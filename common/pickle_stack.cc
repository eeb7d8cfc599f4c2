#include "common/pickle_stack.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "common/strings.h"

namespace dbrepl {
namespace {

tl::unexpected<Error> Refuse(std::string problem) {
  return Fail(Errc::kBadInput, std::move(problem));
}

// What a value without parts costs those who walk it: long text counts as several values, so that
// the limit on values bounds the bytes that a walk copies as well.
std::uint32_t OwnWeight(const PickleValue::Variant& value) {
  constexpr std::size_t kBytesPerValue = 256;
  constexpr std::size_t kItemsPerValue = 64;
  std::size_t extra = 0;
  if (const auto* text = std::get_if<std::string>(&value)) extra = text->size() / kBytesPerValue;
  if (const auto* bytes = std::get_if<PickleValue::Bytes>(&value)) {
    extra = bytes->bytes.size() / kBytesPerValue;
  }
  if (const auto* array = std::get_if<PickleArray>(&value)) {
    extra = array->items.size() / kItemsPerValue;
  }
  return static_cast<std::uint32_t>(
      std::min<std::size_t>(extra + 1, std::numeric_limits<std::uint32_t>::max()));
}

void Close(PickleNode& node) {
  node.open = false;
  node.places.reset();
}

}  // namespace

std::optional<std::string> CanonicalKey(const PickleValue& key) {
  if (std::holds_alternative<std::monostate>(key.value)) return "n";
  if (const auto* boolean = std::get_if<bool>(&key.value)) return StrCat("i", int{*boolean});
  if (const auto* integer = std::get_if<std::int64_t>(&key.value)) return StrCat("i", *integer);
  if (const auto* real = std::get_if<double>(&key.value)) {
    const bool is_int64 = std::nearbyint(*real) == *real && *real >= -0x1p63 && *real < 0x1p63;
    return is_int64 ? StrCat("i", static_cast<std::int64_t>(*real)) : StrCat("f", *real);
  }
  if (const auto* text = std::get_if<std::string>(&key.value)) {
    return StrCat("s", text->size(), ":", *text);
  }
  if (const auto* bytes = std::get_if<PickleValue::Bytes>(&key.value)) {
    return StrCat("b", bytes->bytes.size(), ":", bytes->bytes);
  }
  const auto* tuple = std::get_if<PickleValue::Tuple>(&key.value);
  if (tuple == nullptr) return std::nullopt;
  std::string canonical = StrCat("t", tuple->items.size(), "(");
  for (const PicklePtr& item : tuple->items) {
    const auto part = CanonicalKey(*item);
    if (!part) return std::nullopt;
    canonical += *part;
    canonical += ',';
  }
  return canonical;
}

Result<> PickleStack::PushNode(PickleNodePtr node) {
  if (++values_made_ > limits_.max_items || node->weight > limits_.max_items) {
    return Refuse(StrCat("more than ", limits_.max_items, " values"));
  }
  stack_.push_back(std::move(node));
  return {};
}

Result<> PickleStack::Push(PickleValue::Variant value) {
  auto node = std::make_shared<PickleNode>();
  node->weight = OwnWeight(value);
  node->value = std::move(value);
  return PushNode(std::move(node));
}

Result<> PickleStack::PushOpen(PickleValue::Variant empty_container) {
  TRY(Push(std::move(empty_container)));
  stack_.back()->open = true;
  return {};
}

Result<> PickleStack::PushFunction(PickleFunction function) {
  TRY(Push(std::monostate{}));
  stack_.back()->function = function;
  stack_.back()->has_function = true;
  return {};
}

Result<> PickleStack::PushTuple(std::vector<PickleNodePtr> items) {
  auto node = std::make_shared<PickleNode>();
  PickleValue::Tuple tuple;
  tuple.items.reserve(items.size());
  for (PickleNodePtr& item : items) {
    if (item->has_function && item->function == PickleFunction::kNone) {
      return Refuse("a function where data belongs");
    }
    TRY(Contain(*node, *item));
    node->has_function |= item->has_function;
    tuple.items.push_back(std::move(item));
  }
  node->value = std::move(tuple);
  return PushNode(std::move(node));
}

bool PickleStack::HasTop() const { return stack_.size() > (marks_.empty() ? 0 : marks_.back()); }

Result<PickleNodePtr> PickleStack::Pop() {
  if (!HasTop()) return Refuse("needs a value, and the stack has none");
  PickleNodePtr node = std::move(stack_.back());
  stack_.pop_back();
  return node;
}

Result<std::vector<PickleNodePtr>> PickleStack::PopToMark() {
  if (marks_.empty()) return Refuse("needs a mark, and there is none");
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<PickleNodePtr> items(std::make_move_iterator(first),
                                   std::make_move_iterator(stack_.end()));
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

Result<> PickleStack::Contain(PickleNode& container, PickleNode& item) const {
  Close(item);
  container.height = std::max(container.height, item.height + 1);
  if (container.height > limits_.max_depth) {
    return Refuse(StrCat("nested deeper than ", limits_.max_depth));
  }
  const std::uint64_t weight = std::uint64_t{container.weight} + item.weight;
  if (weight > std::min<std::uint64_t>(limits_.max_items, UINT32_MAX)) {
    return Refuse(
        StrCat("more than ", limits_.max_items, " values, counting shared ones each time"));
  }
  container.weight = static_cast<std::uint32_t>(weight);
  return {};
}

Result<PickleNode*> PickleStack::OpenTop(std::string_view kind) {
  if (!HasTop() || !stack_.back()->open) {
    return Refuse(
        StrCat("needs a ", kind, " that nothing refers to yet (no value may contain itself)"));
  }
  return stack_.back().get();
}

Result<> PickleStack::AddItems(std::vector<PickleNodePtr> items) {
  TRY_ASSIGN(PickleNode * node, OpenTop("list"));
  auto* list = std::get_if<PickleValue::List>(&node->value);
  if (list == nullptr) return Refuse("needs a list, and the stack has a dict");
  for (PickleNodePtr& item : items) {
    if (item->has_function) return Refuse("a function where data belongs");
    TRY(Contain(*node, *item));
    list->items.push_back(std::move(item));
  }
  return {};
}

Result<> PickleStack::AddEntries(std::vector<PickleNodePtr> keys_and_values) {
  TRY_ASSIGN(PickleNode * node, OpenTop("dict"));
  auto* dict = std::get_if<PickleValue::Dict>(&node->value);
  if (dict == nullptr) return Refuse("needs a dict, and the stack has a list");
  if (keys_and_values.size() % 2 != 0) return Refuse("a key without a value");
  if (!node->places) node->places = std::make_unique<PickleNode::Places>();
  for (std::size_t i = 0; i < keys_and_values.size(); i += 2) {
    PickleNodePtr& key = keys_and_values[i];
    PickleNodePtr& value = keys_and_values[i + 1];
    if (key->has_function || value->has_function) return Refuse("a function where data belongs");
    TRY(Contain(*node, *key));
    TRY(Contain(*node, *value));
    auto canonical = CanonicalKey(*key);
    if (!canonical) return Refuse("a key that is a list, a dict or an array");
    const auto [place, is_new] =
        node->places->try_emplace(*std::move(canonical), dict->items.size());
    if (is_new) {
      dict->items.emplace_back(std::move(key), std::move(value));
    } else {
      dict->items[place->second].second = std::move(value);
    }
  }
  return {};
}

Result<> PickleStack::Remember(std::uint64_t index) {
  if (!HasTop()) return Refuse("nothing to remember");
  memo_[index] = stack_.back();
  return {};
}

Result<> PickleStack::Recall(std::uint64_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end())
    return Refuse(StrCat("refers to ", index, ", which was not remembered"));
  Close(*found->second);  // from here on a part of something else, perhaps of itself
  return PushNode(found->second);
}

Result<PicklePtr> PickleStack::Finish() {
  TRY_ASSIGN(PickleNodePtr node, Pop());
  if (node->has_function) return Refuse("the result is a function, not data");
  Close(*node);
  return PicklePtr(std::move(node));
}

}  // namespace dbrepl
