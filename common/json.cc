#include "common/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <optional>

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include "common/check.h"
#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {

bool JsonValue::ToDouble(double& out) const {
  if (const auto* integer = AsInt()) {
    out = static_cast<double>(*integer);
    return true;
  }
  if (const auto* real = AsDouble()) {
    out = *real;
    return true;
  }
  return false;
}

const JsonValue* JsonValue::Find(std::string_view name) const {
  const Object* object = AsObject();
  if (object == nullptr) return nullptr;
  const auto found = std::find_if(object->begin(), object->end(),
                                  [&](const Member& member) { return member.first == name; });
  return found == object->end() ? nullptr : &found->second;
}

JsonValue* JsonValue::Find(std::string_view name) {
  return const_cast<JsonValue*>(std::as_const(*this).Find(name));
}

void JsonValue::Set(std::string name, JsonValue value) {
  if (IsNull()) value_ = Object{};
  Object* object = AsObject();
  CHECK(object != nullptr);
  if (JsonValue* present = Find(name)) {
    *present = std::move(value);
  } else {
    object->emplace_back(std::move(name), std::move(value));
  }
}

namespace {

// Compares each with each, so that objects of some members, nearly all of them, need no sorting.
bool AreFewAndDifferent(const JsonValue::Object& members) {
  constexpr std::size_t kFew = 32;
  if (members.size() > kFew) return false;
  for (std::size_t i = 1; i < members.size(); ++i)
    for (std::size_t earlier = 0; earlier < i; ++earlier)
      if (members[earlier].first == members[i].first) return false;
  return true;
}

// As Python's dict: a name keeps the place of its first value and gets its last one.
void KeepLastOfEqualNames(JsonValue::Object& members) {
  if (AreFewAndDifferent(members)) return;
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    return members[left].first < members[right].first;
  });
  std::vector<bool> superseded(members.size(), false);
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i + 1;
    while (end < order.size() && members[order[end]].first == members[order[i]].first) ++end;
    if (end - i > 1) members[order[i]].second = std::move(members[order[end - 1]].second);
    for (std::size_t later = i + 1; later < end; ++later) superseded[order[later]] = true;
    i = end;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (superseded[i]) continue;
    if (kept != i) members[kept] = std::move(members[i]);
    ++kept;
  }
  members.resize(kept);
}

// Decimal text of a JSON number; nullopt when it is beyond what a double can hold.
std::optional<JsonValue> NumberFromText(const std::string& text) {
  if (text.find_first_of(".eE") == std::string::npos) {
    if (const auto integer = ParseInt<std::int64_t>(text)) return JsonValue(*integer);
  }
  double real = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), real);
  if (error == std::errc::result_out_of_range) {
    // from_chars does not say in which direction: too small is zero, as in Python.
    real = std::strtod(text.c_str(), nullptr);
    if (std::isinf(real)) return std::nullopt;
  }
  return JsonValue(real);
}

// Receives RapidJSON's events and builds the value. A function that returns false ends the parse;
// `problem()` then says why.
class Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
 public:
  explicit Builder(const JsonLimits& limits) : limits_(limits) {}

  bool Null() { return Add(JsonValue()); }
  bool Bool(bool value) { return Add(JsonValue(value)); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    auto number = NumberFromText(std::string(text, length));
    if (!number) return Refuse("number is too large");
    return Add(*std::move(number));
  }

  bool String(const char* text, rapidjson::SizeType length, bool) {
    const std::string_view value(text, length);
    if (!IsValidUtf8(value)) return Refuse("string is not well-formed UTF-8");
    return Add(JsonValue(value));
  }

  bool Key(const char* text, rapidjson::SizeType length, bool) {
    const std::string_view name(text, length);
    if (!IsValidUtf8(name)) return Refuse("member name is not well-formed UTF-8");
    open_.back().name = name;
    return true;
  }

  bool StartObject() {
    // Of the outermost one only: small ones may be there by the million.
    constexpr std::size_t kUsualMembers = 16;
    JsonValue::Object members;
    if (open_.empty()) members.reserve(kUsualMembers);
    return Open(JsonValue(std::move(members)));
  }
  bool StartArray() { return Open(JsonValue(JsonValue::Array{})); }

  bool EndObject(rapidjson::SizeType) {
    KeepLastOfEqualNames(*open_.back().container.AsObject());
    return Close();
  }
  bool EndArray(rapidjson::SizeType) { return Close(); }

  JsonValue TakeRoot() { return std::move(root_); }
  std::string_view problem() const { return problem_; }

 private:
  struct OpenContainer {
    JsonValue container;
    std::string name;  // of the member whose value comes next
  };

  bool Refuse(std::string_view problem) {
    problem_ = problem;
    return false;
  }

  bool Open(JsonValue container) {
    if (open_.size() == limits_.max_depth) return Refuse("nested too deep");
    open_.push_back({std::move(container), {}});
    return true;
  }

  bool Close() {
    JsonValue done = std::move(open_.back().container);
    open_.pop_back();
    return Add(std::move(done));
  }

  bool Add(JsonValue value) {
    if (++values_ > limits_.max_values) return Refuse("too many values");
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (auto* array = open_.back().container.AsArray()) {
      array->push_back(std::move(value));
    } else {
      open_.back().container.AsObject()->emplace_back(std::move(open_.back().name),
                                                      std::move(value));
    }
    return true;
  }

  const JsonLimits& limits_;
  std::vector<OpenContainer> open_;
  std::size_t values_ = 0;
  JsonValue root_;
  std::string_view problem_;
};

}  // namespace

Result<JsonValue> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Fail(Errc::kBadInput, StrCat("JSON text of ", text.size(), " bytes is longer than the ",
                                        limits.max_bytes, " allowed"));
  }
  // Iterative: depth costs heap that the builder bounds, never stack. Numbers as text: exact
  // conversion is ours. In situ: strings are decoded where they stand, in half the time.
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseInsituFlag;
  std::string copy(text);
  rapidjson::InsituStringStream stream(copy.data());
  rapidjson::Reader reader;
  Builder builder(limits);
  const rapidjson::ParseResult parsed = reader.Parse<kFlags>(stream, builder);
  if (parsed.IsError()) {
    std::string_view problem = builder.problem();
    if (problem.empty()) problem = rapidjson::GetParseError_En(parsed.Code());
    if (problem.ends_with('.')) problem.remove_suffix(1);
    return Fail(Errc::kBadInput, StrCat("JSON, byte ", parsed.Offset(), ": ", problem));
  }
  // RapidJSON takes a NUL byte for the end of the text.
  if (stream.Tell() != text.size()) {
    return Fail(Errc::kBadInput, StrCat("JSON, byte ", stream.Tell(), ": text after the document"));
  }
  return builder.TakeRoot();
}

}  // namespace dbrepl
