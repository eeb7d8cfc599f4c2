// Configuration as Swift's daemons see it: a file or a directory of files, [DEFAULT] visible in
// every section, %(name)s replaced (swift-reference.md section 6.1). Immutable after reading,
// thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/conf_file.h"
#include "common/result.h"

namespace dbrepl {

enum class Interpolation {
  kAlways,          // every value: a lone % is an error
  kWhereReference,  // only values that hold "%(": "1%" stays as it is
};

struct ConfStyle {
  ConfSyntax syntax;
  Interpolation interpolation = Interpolation::kWhereReference;
};

// How Swift 2.30.1 reads the sections of its daemons.
inline constexpr ConfStyle kDaemonStyle{};
// How paste.deploy reads the sections of servers.
inline constexpr ConfStyle kServerStyle{{.option_case = OptionCase::kAsWritten}};
// How Swift reads swift.conf.
inline constexpr ConfStyle kSwiftConfStyle{{.encoding = ConfEncoding::kLatin1},
                                           Interpolation::kAlways};

class Conf {
 public:
  // `path` is a file, or a directory of which all *.conf are read in the order of their names,
  // later files overriding (other files, directories, names that begin with a dot and links to
  // nothing are left out). `defaults` stand below [DEFAULT]. Missing, or a directory without such
  // files: kNotFound. Not in the form of a configuration file, or longer than 4 MB: kBadInput with
  // file and line.
  static Result<Conf> Load(const std::string& path, const ConfStyle& style,
                           ConfSettings defaults = {});
  // The same from text; `name` stands for the file in messages and origins.
  static Result<Conf> FromText(std::string_view text, const std::string& name,
                               const ConfStyle& style, ConfSettings defaults = {});

  const std::string& path() const { return path_; }
  bool HasSection(std::string_view section) const { return sections_.Find(section) != nullptr; }
  // Without DEFAULT, in order of appearance.
  const std::vector<std::string>& SectionNames() const { return sections_.names(); }

  // All options that `section` has or inherits, those of [DEFAULT] first; with "DEFAULT" those
  // alone. No such section: kNotFound. A reference that cannot be replaced, in whichever option:
  // kBadInput with file and line.
  Result<ConfSettings> Items(std::string_view section) const;

  // One option of the section or of [DEFAULT]; nullopt when neither has it or there is no such
  // section. Errors as Items(), for this option only.
  Result<std::optional<ConfSetting>> Get(std::string_view section, std::string_view option) const;

  // As written, without inheritance; nullptr when there is no such section.
  const ConfSettings* RawSection(std::string_view section) const { return sections_.Find(section); }
  const ConfSettings& RawDefaults() const { return sections_.defaults(); }
  // Puts a value below [DEFAULT]: one that is there already stays.
  void AddDefault(ConfSetting setting);

 private:
  Conf(std::string path, const ConfStyle& style, ConfSettings defaults);

  Result<ConfSetting> Interpolate(const ConfSettings* section, std::string_view section_name,
                                  const ConfSetting& setting) const;

  std::string path_;
  ConfStyle style_;
  ConfSections sections_;
};

// One daemon's options, as Swift's daemons get them: Items() of the section plus "__file__" (the
// path as given) and, unless set, "log_name". The section is missing: kBadInput; otherwise as
// Conf::Load and Conf::Items. `log_name` empty: the section's name.
Result<ConfSettings> LoadDaemonConf(const std::string& path, std::string_view section,
                                    std::string_view log_name = {});

}  // namespace dbrepl
