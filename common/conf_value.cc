#include "common/conf_value.h"

#include <algorithm>
#include <array>

#include "common/python_text.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

tl::unexpected<Error> Refuse(const ConfSetting& setting, std::string_view wanted) {
  return Fail(Errc::kBadInput,
              StrCat(setting.origin.Text(), ": ", Printable(setting.name), ": must be ", wanted,
                     " (got \"", Printable(setting.value), "\")"),
              "remove the line to use the default");
}

}  // namespace

bool ConfTrue(std::string_view value) {
  constexpr std::array<std::string_view, 6> kTrue = {"true", "1", "yes", "on", "t", "y"};
  return std::find(kTrue.begin(), kTrue.end(), AsciiLower(value)) != kTrue.end();
}

Result<std::int64_t> ConfInt(const ConfSetting& setting, std::int64_t minimum,
                             std::int64_t maximum) {
  const auto value = PythonInt(setting.value);
  if (value && *value >= minimum && *value <= maximum) return *value;
  std::string wanted = "an integer";
  if (minimum != std::numeric_limits<std::int64_t>::min()) wanted += StrCat(" from ", minimum);
  if (maximum != std::numeric_limits<std::int64_t>::max()) wanted += StrCat(" up to ", maximum);
  return Refuse(setting, wanted);
}

Result<double> ConfFloat(const ConfSetting& setting, double minimum, double maximum) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto value = PythonFloat(setting.value);
  if (value && !(*value < minimum) && !(*value > maximum)) return *value;
  std::string wanted = "a number";
  if (minimum != -kInfinity) wanted += StrCat(" from ", minimum);
  if (maximum != kInfinity) wanted += StrCat(" up to ", maximum);
  return Refuse(setting, wanted);
}

Result<BytesOrPercent> ConfBytesOrPercent(const ConfSetting& setting) {
  std::string_view text = setting.value;
  if (text.ends_with('%')) {
    text.remove_suffix(1);
    if (const auto percent = PythonFloat(text)) return BytesOrPercent{*percent, true};
  } else if (const auto bytes = PythonInt(text)) {
    return BytesOrPercent{static_cast<double>(*bytes), false};
  }
  return Refuse(setting, "an integer of bytes or a number with % behind it");
}

std::vector<std::string> ConfList(std::string_view value) {
  std::vector<std::string> items;
  for (const std::string_view piece : Split(value, ',')) {
    if (const auto item = PythonStrip(piece); !item.empty()) items.emplace_back(item);
  }
  return items;
}

}  // namespace dbrepl
