// Any bytes as a configuration file: never a crash; what is read and written out again reads the
// same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/check.h"
#include "common/conf.h"
#include "common/strings.h"
#include "common/swift_conf.h"

namespace dbrepl {
namespace {

// The sections as written, in a form that reads back: each line of a value but its first indented.
std::string Written(const Conf& conf) {
  std::string text;
  const auto add = [&](std::string_view name, const ConfSettings& settings) {
    text += StrCat("[", name, "]\n");
    for (const ConfSetting& setting : settings) {
      text += StrCat(setting.name, " =");
      for (const std::string_view line : Split(setting.value, '\n'))
        text += StrCat(" ", line, "\n");
    }
  };
  add(ConfSections::kDefault, conf.RawDefaults());
  for (const std::string& section : conf.SectionNames()) add(section, *conf.RawSection(section));
  return text;
}

// Lines of a value that begin like a comment cannot be written, and names that only the end of a
// section's brackets tells apart are not worth the trouble.
bool CanBeWritten(const Conf& conf, std::string_view text) {
  return text.find_first_of("#;") == std::string_view::npos && conf.SectionNames().size() < 1000;
}

void Check(std::string_view text, const ConfStyle& style) {
  const auto conf = Conf::FromText(text, "fuzz", style);
  if (!conf) {
    CHECK(conf.error().code == Errc::kBadInput);
    return;
  }
  for (const std::string& section : conf->SectionNames()) {
    if (const auto items = conf->Items(section); !items) {
      CHECK(items.error().code == Errc::kBadInput);
    }
  }
  if (!CanBeWritten(*conf, text)) return;
  const std::string written = Written(*conf);
  const auto again = Conf::FromText(written, "again", kServerStyle);
  CHECK(again.has_value());
  CHECK(Written(*again) == written);
}

}  // namespace
}  // namespace dbrepl

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  dbrepl::Check(text, dbrepl::kDaemonStyle);
  dbrepl::Check(text, dbrepl::kServerStyle);
  if (const auto conf = dbrepl::Conf::FromText(text, "fuzz", dbrepl::kSwiftConfStyle)) {
    static_cast<void>(dbrepl::HashPathConfigFrom(*conf));
    static_cast<void>(dbrepl::SwiftConstraintsFrom(*conf));
    static_cast<void>(dbrepl::StoragePoliciesFrom(*conf));
  }
  return 0;
}
