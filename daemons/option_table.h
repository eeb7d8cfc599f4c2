// Options of a configuration file as one table: from it come their values, --print-config, --help
// and the sample file, so that none of them can drift from the others. Plain data, thread-safe once
// made.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/conf_file.h"
#include "common/conf_value.h"
#include "common/result.h"

namespace dbrepl {

enum class OptionKind { kText, kBoolean, kInteger, kNumber, kBytesOrPercent };

struct ConfOption {
  std::string name;
  std::string section{};  // where the sample file has it: "DEFAULT", "app:container-server"
  OptionKind kind = OptionKind::kText;
  std::string otherwise{};  // the value when nothing is set, as it would be written
  std::string sentence{};   // what it does, and when to change it
  double minimum = -std::numeric_limits<double>::infinity();  // of numbers, inclusive
  double maximum = std::numeric_limits<double>::infinity();
  bool is_mandatory = false;  // the sample file shows `otherwise` as set, nothing else uses it
};

using ConfOptionTable = std::vector<ConfOption>;

// Where an option stands in the configuration that was read; nullptr: nowhere. The answer must live
// until OptionValues::Resolve returns.
using OptionFinder = std::function<const ConfSetting*(const ConfOption& option)>;

class OptionValues {
 public:
  // Every option of the table, set or not. An empty value and "auto" are what stands in the table.
  // A mandatory option that is missing, text that is no number, a number out of bounds: kBadInput
  // with file, line and option.
  static Result<OptionValues> Resolve(const ConfOptionTable& table, const OptionFinder& find);

  // The option must be in the table with that kind (CHECK).
  const std::string& Text(std::string_view name) const;
  bool Bool(std::string_view name) const;
  std::int64_t Int(std::string_view name) const;
  double Number(std::string_view name) const;
  BytesOrPercent Bytes(std::string_view name) const;
  // Of an integer or a number: "auto", or not set where the table has no default. Its value is 0.
  bool IsAutomatic(std::string_view name) const;

  // For --print-config: "name = value   # file:line" or "# default", one a line, in the order of
  // the table.
  std::string Print() const;

 private:
  struct Entry {
    ConfSetting setting;
    OptionKind kind = OptionKind::kText;
    double number = 0;  // of kInteger and kNumber
    BytesOrPercent bytes{};
  };
  const Entry& Find(std::string_view name, OptionKind kind) const;
  static Result<Entry> Convert(const ConfOption& option, ConfSetting setting);

  std::vector<std::string> order_;
  std::map<std::string, Entry, std::less<>> entries_;
};

// For --help: name, default and sentence of every option, wrapped at 100 columns.
std::string DescribeConfOptions(const ConfOptionTable& table);

// For etc/*.conf-sample: the options of one section, defaults as comments under their sentences.
std::string SampleOptions(const ConfOptionTable& table, std::string_view section);

}  // namespace dbrepl
