// One INI file as Python's ConfigParser reads it (swift-reference.md section 6.1): sections,
// options and where each stood. Values are as written; interpolation and DEFAULT's inheritance come
// later (common/conf.h). Plain data, one thread at a time.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace dbrepl {

struct ConfOrigin {
  std::string file;
  int line = 0;  // from 1; 0: not from a file's line but given by the program

  // "file:line", or the file alone.
  std::string Text() const;
};

struct ConfSetting {
  std::string name;
  std::string value;  // UTF-8
  ConfOrigin origin;
};

// Options in the order in which they were first set, each name once.
class ConfSettings {
 public:
  // nullptr when there is none. The pointer lives until the next change.
  const ConfSetting* Find(std::string_view name) const;
  // Adds the setting, or puts it in the place of the one with its name.
  ConfSetting& Set(ConfSetting setting);
  // Takes a setting out; false when there is none.
  bool Remove(std::string_view name);

  bool empty() const { return settings_.empty(); }
  std::size_t size() const { return settings_.size(); }
  auto begin() const { return settings_.begin(); }
  auto end() const { return settings_.end(); }

 private:
  std::vector<ConfSetting> settings_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

// The sections of one or more files, in the order in which they first appeared.
class ConfSections {
 public:
  static constexpr std::string_view kDefault = "DEFAULT";

  // [DEFAULT] is never among the sections.
  ConfSettings& defaults() { return defaults_; }
  const ConfSettings& defaults() const { return defaults_; }

  const ConfSettings* Find(std::string_view name) const;  // nullptr when there is none
  const std::vector<std::string>& names() const { return names_; }
  // The section, made when it is not there; kDefault is defaults().
  ConfSettings& Ensure(std::string_view name);

 private:
  ConfSettings defaults_;
  std::vector<std::string> names_;
  std::map<std::string, ConfSettings, std::less<>> sections_;
};

enum class OptionCase { kLower, kAsWritten };  // ASCII letters of option names
enum class ConfEncoding { kUtf8, kLatin1 };    // Latin-1: any bytes, made UTF-8

struct ConfSyntax {
  OptionCase option_case = OptionCase::kLower;
  ConfEncoding encoding = ConfEncoding::kUtf8;
};

// Adds what `text` says to `into`; what is already there from other files is overridden. `file` is
// for origins and messages. Not in the form of such a file, a section or an option that the file
// has twice, text that is not UTF-8: kBadInput with file, line and next step, and `into` is in an
// unspecified state.
Result<> ReadConfText(std::string_view text, const std::string& file, const ConfSyntax& syntax,
                      ConfSections& into);

// The name under which an option is known.
std::string OptionName(std::string_view name, OptionCase option_case);

}  // namespace dbrepl
