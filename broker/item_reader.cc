#include "broker/item_reader.h"

#include <cstdint>
#include <limits>
#include <utility>

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {

namespace {

// RapidJSON's events; a function that returns false ends the reading.
class Events : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Events> {
 public:
  explicit Events(ItemHandler& handler) : handler_(handler) {}

  bool Null() { return Add({}); }
  bool Bool(bool value) { return Add(std::int64_t{value ? 1 : 0}); }
  bool Int(int value) { return Add(std::int64_t{value}); }
  bool Uint(unsigned value) { return Add(std::int64_t{value}); }
  bool Int64(std::int64_t value) { return Add(value); }
  // Every number above 32 bits without a minus sign comes here, not only those above int64.
  bool Uint64(std::uint64_t value) {
    if (value > std::numeric_limits<std::int64_t>::max()) return Add(static_cast<double>(value));
    return Add(static_cast<std::int64_t>(value));
  }
  bool Double(double value) { return Add(value); }

  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (depth_ == 2 && !wanted_) return true;
    if (!IsValidUtf8({text, length})) return Refuse("text is not UTF-8");
    return Add(std::string(text, length));
  }

  bool Key(const char* text, rapidjson::SizeType length, bool) {
    if (!IsValidUtf8({text, length})) return Refuse("text is not UTF-8");
    if (depth_ != 2) return true;
    name_.assign(text, length);
    wanted_ = handler_.Wants(name_);
    return true;
  }

  bool StartArray() { return ++depth_ == 1 || EnterNested("an array within the array"); }
  bool EndArray(rapidjson::SizeType) {
    --depth_;
    return true;
  }
  bool StartObject() { return ++depth_ == 2 || EnterNested("an object in the wrong place"); }
  bool EndObject(rapidjson::SizeType) {
    if (--depth_ >= 2) return true;
    if (auto done = handler_.EndItem(); !done) {
      error_ = std::move(done).error();
      return false;
    }
    return true;
  }

  // Why a function returned false; an empty message when none did.
  Error TakeError() { return std::move(error_); }

 private:
  static constexpr int kMaxDepth = 64;

  bool Add(SqlValue value) {
    if (depth_ > 2) return true;
    if (depth_ < 2) return Refuse("a value outside of an object");
    if (wanted_) handler_.Member(name_, std::move(value));
    return true;
  }
  // Values of members are not told of when they are arrays or objects themselves.
  bool EnterNested(std::string_view problem) {
    if (depth_ <= 2) return Refuse(problem);
    return depth_ <= kMaxDepth || Refuse("too deep");
  }
  bool Refuse(std::string_view problem) {
    error_ = Error{Errc::kBadInput, std::string(problem), {}};
    return false;
  }

  ItemHandler& handler_;
  std::string name_;  // of the member that is read
  bool wanted_ = true;
  int depth_ = 0;
  Error error_;
};

}  // namespace

Result<> ReadItems(std::string_view json, ItemHandler& handler) {
  Events events(handler);
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::Reader reader;
  const auto outcome = reader.Parse<rapidjson::kParseFullPrecisionFlag>(stream, events);
  if (!outcome.IsError()) return {};
  Error error = events.TakeError();
  if (error.message.empty()) {
    error = Error{Errc::kBadInput, rapidjson::GetParseError_En(outcome.Code()), {}};
  }
  return Fail(std::move(error).Within(StrCat("items: byte ", outcome.Offset())));
}

}  // namespace dbrepl
