#include "common/conf_file.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/python_text.h"
#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {

std::string ConfOrigin::Text() const { return line == 0 ? file : StrCat(file, ":", line); }

const ConfSetting* ConfSettings::Find(std::string_view name) const {
  const auto place = places_.find(name);
  return place == places_.end() ? nullptr : &settings_[place->second];
}

ConfSetting& ConfSettings::Set(ConfSetting setting) {
  const auto [place, is_new] = places_.try_emplace(setting.name, settings_.size());
  if (is_new) {
    settings_.push_back(std::move(setting));
  } else {
    settings_[place->second] = std::move(setting);
  }
  return settings_[place->second];
}

bool ConfSettings::Remove(std::string_view name) {
  const auto place = places_.find(name);
  if (place == places_.end()) return false;
  const std::size_t removed = place->second;
  places_.erase(place);
  settings_.erase(settings_.begin() + static_cast<std::ptrdiff_t>(removed));
  for (auto& [other, index] : places_) {
    if (index > removed) --index;
  }
  return true;
}

const ConfSettings* ConfSections::Find(std::string_view name) const {
  const auto found = sections_.find(name);
  return found == sections_.end() ? nullptr : &found->second;
}

ConfSettings& ConfSections::Ensure(std::string_view name) {
  if (name == kDefault) return defaults_;
  const auto [section, is_new] = sections_.try_emplace(std::string(name));
  if (is_new) names_.emplace_back(name);
  return section->second;
}

std::string OptionName(std::string_view name, OptionCase option_case) {
  return option_case == OptionCase::kLower ? AsciiLower(name) : std::string(name);
}

namespace {

// The next line of `text`, which ends with \n, \r or \r\n; the line and its end are removed.
std::string_view TakeLine(std::string_view& text) {
  const auto end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  const std::size_t ending = text.substr(end, 2) == "\r\n" ? 2 : 1;
  text.remove_prefix(std::min(end + ending, text.size()));
  return line;
}

// Blank characters at the start of the line.
std::size_t Indentation(std::string_view line) {
  std::size_t characters = 0;
  while (const std::size_t space = PythonSpaceLength(line)) {
    line.remove_prefix(space);
    ++characters;
  }
  return characters;
}

class ConfReader {
 public:
  ConfReader(const std::string& file, const ConfSyntax& syntax, ConfSections& into)
      : file_(file), syntax_(syntax), into_(into) {}

  Result<> Read(std::string_view text) {
    while (!text.empty()) {
      const std::string_view line = TakeLine(text);
      ++line_;
      if (!IsValidUtf8(line)) return Refuse("not UTF-8", "save the file in UTF-8");
      TRY(ReadLine(line));
    }
    EndOption();
    return {};
  }

 private:
  Result<> ReadLine(std::string_view line) {
    const std::string_view content = PythonStrip(line);
    if (content.starts_with('#') || content.starts_with(';')) return {};
    if (content.empty()) {
      if (option_ != nullptr) option_->value += '\n';
      return {};
    }
    const std::size_t indentation = Indentation(line);
    if (option_ != nullptr && indentation > indentation_) {
      option_->value += '\n';
      option_->value += content;
      return {};
    }
    indentation_ = indentation;
    EndOption();
    const auto bracket = content.rfind(']');
    if (content.starts_with('[') && bracket != std::string_view::npos && bracket >= 2) {
      return BeginSection(content.substr(1, bracket - 1));
    }
    if (section_ == nullptr) {
      return Refuse("text before the first [section]",
                    line_ == 1 && content.starts_with("\xEF\xBB\xBF")
                        ? "save the file without a byte order mark"
                        : "begin the file with [DEFAULT] or another section");
    }
    return BeginOption(content);
  }

  Result<> BeginSection(std::string_view name) {
    const bool is_new = seen_sections_.emplace(name).second;
    if (!is_new && name != ConfSections::kDefault) {
      return Refuse(StrCat("section [", Printable(name), "] is there twice"),
                    "put all its options into one section");
    }
    section_name_ = name;
    section_ = &into_.Ensure(name);
    return {};
  }

  Result<> BeginOption(std::string_view content) {
    const auto delimiter = content.find_first_of("=:");
    const std::string_view written = PythonRightStrip(content.substr(0, delimiter));
    if (delimiter == std::string_view::npos || written.empty()) {
      return Refuse("neither a [section] nor an option = value",
                    "begin the line with # to make it a comment");
    }
    std::string name = OptionName(written, syntax_.option_case);
    const bool is_new = seen_options_.emplace(section_name_, name).second;
    if (!is_new) {
      return Refuse(StrCat("option ", Printable(name), " is there twice in section [",
                           Printable(section_name_), "]"),
                    "remove one of the two lines");
    }
    std::string value(PythonStrip(content.substr(delimiter + 1)));
    option_ = &section_->Set({std::move(name), std::move(value), {file_, line_}});
    return {};
  }

  // Blank lines count only between lines of a value.
  void EndOption() {
    if (option_ != nullptr) {
      option_->value.resize(PythonRightStrip(option_->value).size());
      option_ = nullptr;
    }
  }

  tl::unexpected<Error> Refuse(std::string_view problem, std::string hint) const {
    return Fail(Errc::kBadInput, StrCat(file_, ":", line_, ": ", problem), std::move(hint));
  }

  const std::string& file_;
  const ConfSyntax& syntax_;
  ConfSections& into_;

  int line_ = 0;
  std::size_t indentation_ = 0;  // of the line that began the section or option
  std::string section_name_;
  ConfSettings* section_ = nullptr;  // none yet
  ConfSetting* option_ = nullptr;    // the one that indented lines continue
  std::set<std::string, std::less<>> seen_sections_;
  std::set<std::pair<std::string, std::string>> seen_options_;
};

}  // namespace

Result<> ReadConfText(std::string_view text, const std::string& file, const ConfSyntax& syntax,
                      ConfSections& into) {
  ConfReader reader(file, syntax, into);
  return syntax.encoding == ConfEncoding::kLatin1 ? reader.Read(Latin1ToUtf8(text))
                                                  : reader.Read(text);
}

}  // namespace dbrepl
