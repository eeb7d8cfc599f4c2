// Command lines of all our programs: declared as a table, parsed and explained in one place.
//
// Boost.Program_options is used behind this header only. Pure functions, thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace dbrepl {

struct OptionSpec {
  std::string name;        // long name without dashes: "swift-dir"
  char letter = 0;         // short name, 0 for none
  std::string value_name;  // "DIR"; empty for a switch that takes no value
  std::string help;        // one line; name the default here
};

// What was given, in the order given.
class CommandLine {
 public:
  // Positional words.
  std::vector<std::string> words;

  bool Has(std::string_view name) const { return values_.contains(name); }
  // The last value given for an option; `otherwise` when it was not given.
  std::string Value(std::string_view name, std::string_view otherwise = {}) const;

  void Add(std::string name, std::string value) {
    values_[std::move(name)].push_back(std::move(value));
  }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// Parses the arguments after the program's name. Options may stand before, between and after words;
// "--" ends them; "--name=value", "--name value", "-n value" and "-nvalue" are the same. Unknown or
// ambiguous options, a missing value, a value for a switch: kBadInput naming the option, with "try
// --help" as hint.
Result<CommandLine> ParseCommandLine(const std::vector<OptionSpec>& specs,
                                     const std::vector<std::string>& arguments);

// The option table for --help: one option a line, aligned, in the order of `specs`. Ends with a
// newline.
std::string DescribeOptions(const std::vector<OptionSpec>& specs);

}  // namespace dbrepl
