#include "common/conf.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/files.h"
#include "common/interpolation.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxSectionBytes = std::size_t{16} << 20;

// The files of a configuration directory, in the order in which they are read.
Result<std::vector<std::string>> FilesOfDirectory(const std::string& directory) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename();
    std::error_code ignored;
    if (name.ends_with(".conf") && !name.starts_with('.') &&
        fs::is_regular_file(entry->path(), ignored)) {
      files.push_back(entry->path());
    }
  }
  if (error) return Fail(ErrnoError(error.value(), directory));
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    return Fail(Errc::kNotFound, StrCat(directory, ": no file named *.conf in this directory"));
  }
  return files;
}

}  // namespace

Conf::Conf(std::string path, const ConfStyle& style, ConfSettings defaults)
    : path_(std::move(path)), style_(style) {
  sections_.defaults() = std::move(defaults);
}

Result<Conf> Conf::Load(const std::string& path, const ConfStyle& style, ConfSettings defaults) {
  Conf conf(path, style, std::move(defaults));
  std::vector<std::string> files = {path};
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    TRY_ASSIGN(files, FilesOfDirectory(path));
  }
  for (const std::string& file : files) {
    TRY_ASSIGN(const std::string text, ReadFile(file, kMaxFileBytes));
    TRY(ReadConfText(text, file, style.syntax, conf.sections_));
  }
  return conf;
}

Result<Conf> Conf::FromText(std::string_view text, const std::string& name, const ConfStyle& style,
                            ConfSettings defaults) {
  Conf conf(name, style, std::move(defaults));
  TRY(ReadConfText(text, name, style.syntax, conf.sections_));
  return conf;
}

void Conf::AddDefault(ConfSetting setting) {
  if (sections_.defaults().Find(setting.name) == nullptr) {
    sections_.defaults().Set(std::move(setting));
  }
}

Result<ConfSetting> Conf::Interpolate(const ConfSettings* section, std::string_view section_name,
                                      const ConfSetting& setting) const {
  if (style_.interpolation == Interpolation::kWhereReference &&
      setting.value.find("%(") == std::string::npos) {
    return setting;
  }
  const auto lookup = [&](std::string_view name) -> const std::string* {
    const std::string known = OptionName(name, style_.syntax.option_case);
    const ConfSetting* found = section == nullptr ? nullptr : section->Find(known);
    if (found == nullptr) found = sections_.defaults().Find(known);
    return found == nullptr ? nullptr : &found->value;
  };
  auto value = InterpolateReferences(setting.value, lookup);
  if (!value) {
    return Fail(std::move(value).error().Within(StrCat(
        setting.origin.Text(), ": [", Printable(section_name), "] ", Printable(setting.name))));
  }
  return ConfSetting{setting.name, *std::move(value), setting.origin};
}

Result<ConfSettings> Conf::Items(std::string_view section) const {
  const ConfSettings* own = sections_.Find(section);
  if (own == nullptr && section != ConfSections::kDefault) {
    return Fail(Errc::kNotFound, StrCat(path_, ": no section [", Printable(section), "]"));
  }
  ConfSettings raw = sections_.defaults();
  if (own != nullptr) {
    for (const ConfSetting& setting : *own) raw.Set(setting);
  }
  ConfSettings items;
  std::size_t bytes = 0;
  for (const ConfSetting& setting : raw) {
    TRY_ASSIGN(ConfSetting item, Interpolate(own, section, setting));
    bytes += item.value.size();
    if (bytes > kMaxSectionBytes) {
      return Fail(Errc::kBadInput, StrCat(item.origin.Text(), ": section [", Printable(section),
                                          "] is longer than 16 MB when references are replaced"));
    }
    items.Set(std::move(item));
  }
  return items;
}

Result<std::optional<ConfSetting>> Conf::Get(std::string_view section,
                                             std::string_view option) const {
  const ConfSettings* own = sections_.Find(section);
  if (own == nullptr && section != ConfSections::kDefault) return std::nullopt;
  const std::string known = OptionName(option, style_.syntax.option_case);
  const ConfSetting* setting = own == nullptr ? nullptr : own->Find(known);
  if (setting == nullptr) setting = sections_.defaults().Find(known);
  if (setting == nullptr) return std::nullopt;
  TRY_ASSIGN(ConfSetting item, Interpolate(own, section, *setting));
  return item;
}

Result<ConfSettings> LoadDaemonConf(const std::string& path, std::string_view section,
                                    std::string_view log_name) {
  TRY_ASSIGN(const Conf conf, Conf::Load(path, kDaemonStyle));
  if (!conf.HasSection(section)) {
    // Swift's words, which operators know.
    return Fail(Errc::kBadInput, StrCat("Unable to find ", section, " config section in ", path));
  }
  TRY_ASSIGN(ConfSettings items, conf.Items(section));
  if (items.Find("log_name") == nullptr) {
    items.Set({"log_name", std::string(log_name.empty() ? section : log_name), {path, 0}});
  }
  items.Set({"__file__", path, {path, 0}});
  return items;
}

}  // namespace dbrepl
