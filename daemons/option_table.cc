#include "daemons/option_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr std::size_t kColumns = 100;

// Lines of at most `width` characters, each behind `indent`.
std::string Wrap(std::string_view text, std::string_view indent, std::size_t width) {
  std::string lines;
  std::string line;
  for (const std::string_view word : Split(text, ' ')) {
    if (!line.empty() && indent.size() + line.size() + 1 + word.size() > width) {
      lines += StrCat(indent, line, "\n");
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  return StrCat(lines, indent, line, "\n");
}

bool IsUnset(const ConfSetting* setting) {
  return setting == nullptr || setting->value.empty() || AsciiLower(setting->value) == "auto";
}

std::string Assignment(std::string_view name, std::string_view value) {
  return value.empty() ? StrCat(name, " =") : StrCat(name, " = ", value);
}

}  // namespace

Result<OptionValues::Entry> OptionValues::Convert(const ConfOption& option, ConfSetting setting) {
  Entry entry;
  entry.kind = option.kind;
  const bool is_automatic = IsUnset(&setting);
  if (option.kind == OptionKind::kInteger && !is_automatic) {
    constexpr double kMost = 1e15;
    TRY_ASSIGN(const std::int64_t number,
               ConfInt(setting, static_cast<std::int64_t>(std::max(option.minimum, -kMost)),
                       static_cast<std::int64_t>(std::min(option.maximum, kMost))));
    entry.number = static_cast<double>(number);
  } else if (option.kind == OptionKind::kNumber && !is_automatic) {
    TRY_ASSIGN(entry.number, ConfFloat(setting, option.minimum, option.maximum));
    // It passes all bounds, and makes no duration.
    if (std::isnan(entry.number)) {
      return Fail(Errc::kBadInput,
                  StrCat(setting.origin.Text(), ": ", option.name, ": not a number: nan"));
    }
  } else if (option.kind == OptionKind::kBytesOrPercent) {
    TRY_ASSIGN(entry.bytes, ConfBytesOrPercent(setting));
  }
  entry.setting = std::move(setting);
  return entry;
}

Result<OptionValues> OptionValues::Resolve(const ConfOptionTable& table, const OptionFinder& find) {
  OptionValues values;
  for (const ConfOption& option : table) {
    const ConfSetting* found = find(option);
    if (IsUnset(found) && option.is_mandatory) {
      return Fail(Errc::kBadInput, StrCat(option.name, ": not set"),
                  StrCat("set it in the configuration file, for example ",
                         Assignment(option.name, option.otherwise)));
    }
    ConfSetting setting =
        IsUnset(found) ? ConfSetting{option.name, option.otherwise, {"default", 0}} : *found;
    TRY_ASSIGN(Entry entry, Convert(option, std::move(setting)));
    values.order_.push_back(option.name);
    values.entries_.insert_or_assign(option.name, std::move(entry));
  }
  return values;
}

const OptionValues::Entry& OptionValues::Find(std::string_view name, OptionKind kind) const {
  const auto found = entries_.find(name);
  CHECK(found != entries_.end());
  CHECK(found->second.kind == kind);
  return found->second;
}

const std::string& OptionValues::Text(std::string_view name) const {
  return Find(name, OptionKind::kText).setting.value;
}

bool OptionValues::Bool(std::string_view name) const {
  return ConfTrue(Find(name, OptionKind::kBoolean).setting.value);
}

std::int64_t OptionValues::Int(std::string_view name) const {
  return static_cast<std::int64_t>(Find(name, OptionKind::kInteger).number);
}

double OptionValues::Number(std::string_view name) const {
  return Find(name, OptionKind::kNumber).number;
}

BytesOrPercent OptionValues::Bytes(std::string_view name) const {
  return Find(name, OptionKind::kBytesOrPercent).bytes;
}

bool OptionValues::IsAutomatic(std::string_view name) const {
  const auto found = entries_.find(name);
  CHECK(found != entries_.end());
  return IsUnset(&found->second.setting);
}

std::string OptionValues::Print() const {
  std::string text;
  for (const std::string& name : order_) {
    const ConfSetting& setting = entries_.find(name)->second.setting;
    std::string line = Assignment(name, setting.value);
    line.resize(std::max<std::size_t>(line.size() + 1, 40), ' ');
    text += StrCat(line, "# ", setting.origin.Text(), "\n");
  }
  return text;
}

std::string DescribeConfOptions(const ConfOptionTable& table) {
  std::string text;
  for (const ConfOption& option : table) {
    text += StrCat("  ", Assignment(option.name, option.otherwise), "\n");
    text += Wrap(option.sentence, "      ", kColumns);
  }
  return text;
}

std::string SampleOptions(const ConfOptionTable& table, std::string_view section) {
  std::string text;
  for (const ConfOption& option : table) {
    if (option.section != section) continue;
    if (!text.empty()) text += "#\n";
    text += Wrap(option.sentence, "# ", kColumns);
    text +=
        StrCat(option.is_mandatory ? "" : "# ", Assignment(option.name, option.otherwise), "\n");
  }
  return text;
}

}  // namespace dbrepl
