#include "daemons/options.h"

#include <algorithm>

#include <boost/program_options.hpp>

#include "common/strings.h"

namespace dbrepl {

namespace po = boost::program_options;

std::string CommandLine::Value(std::string_view name, std::string_view otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string(otherwise) : found->second.back();
}

namespace {

constexpr const char* kWords = "words";

std::string NameForBoost(const OptionSpec& spec) {
  return spec.letter == 0 ? spec.name : StrCat(spec.name, ",", spec.letter);
}

po::options_description Describe(const std::vector<OptionSpec>& specs) {
  po::options_description description;
  for (const OptionSpec& spec : specs) {
    const std::string name = NameForBoost(spec);
    if (spec.value_name.empty()) {
      description.add_options()(name.c_str(), spec.help.c_str());
    } else {
      description.add_options()(name.c_str(), po::value<std::string>(), spec.help.c_str());
    }
  }
  return description;
}

// "--name=" as "--name" and "", for Boost takes no empty value behind '='.
std::vector<std::string> SplitEmptyValues(const std::vector<OptionSpec>& specs,
                                          const std::vector<std::string>& arguments) {
  std::vector<std::string> split;
  for (const std::string& argument : arguments) {
    const bool is_empty = std::any_of(specs.begin(), specs.end(), [&](const OptionSpec& spec) {
      return !spec.value_name.empty() && argument == StrCat("--", spec.name, "=");
    });
    split.push_back(is_empty ? argument.substr(0, argument.size() - 1) : argument);
    if (is_empty) split.emplace_back();
  }
  return split;
}

// The words of Python's optparse, which Swift's programs use.
std::string Describe(const po::error& error) {
  if (const auto* unknown = dynamic_cast<const po::unknown_option*>(&error)) {
    const std::string name = unknown->get_option_name();
    return StrCat("no such option: ", name.substr(0, name.find('=')));
  }
  const auto* syntax = dynamic_cast<const po::invalid_command_line_syntax*>(&error);
  if (syntax == nullptr) return error.what();
  switch (syntax->kind()) {
    case po::invalid_syntax::missing_parameter:
      return StrCat(syntax->get_option_name(), " option requires 1 argument");
    case po::invalid_syntax::extra_parameter:
      return StrCat(syntax->get_option_name(), " option does not take a value");
    default: return error.what();
  }
}

}  // namespace

Result<CommandLine> ParseCommandLine(const std::vector<OptionSpec>& specs,
                                     const std::vector<std::string>& arguments) {
  po::options_description description = Describe(specs);
  description.add_options()(kWords, po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add(kWords, -1);
  // Not allow_guessing: an abbreviation that works today must not change its meaning with a new
  // option.
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;

  CommandLine line;
  try {
    const po::parsed_options parsed = po::command_line_parser(SplitEmptyValues(specs, arguments))
                                          .options(description)
                                          .positional(positional)
                                          .style(style)
                                          .run();
    for (const auto& option : parsed.options) {
      if (option.string_key == kWords) {
        line.words.insert(line.words.end(), option.value.begin(), option.value.end());
      } else {
        line.Add(option.string_key, option.value.empty() ? std::string() : option.value.back());
      }
    }
  } catch (const po::error& error) {
    return Fail(Errc::kBadInput, Describe(error), "try --help");
  }
  return line;
}

std::string DescribeOptions(const std::vector<OptionSpec>& specs) {
  std::vector<std::string> left;
  std::size_t width = 0;
  for (const OptionSpec& spec : specs) {
    std::string text = spec.letter == 0 ? "      --" : StrCat("  -", spec.letter, ", --");
    text += spec.name;
    if (!spec.value_name.empty()) text += StrCat(" ", spec.value_name);
    width = std::max(width, text.size());
    left.push_back(std::move(text));
  }
  std::string table;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    table += StrCat(left[i], std::string(width + 2 - left[i].size(), ' '), specs[i].help, "\n");
  }
  return table;
}

}  // namespace dbrepl
