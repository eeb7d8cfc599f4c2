#include "common/paste_conf.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "common/files.h"
#include "common/python_text.h"
#include "common/strings.h"

namespace dbrepl {

const ConfSetting* PasteContext::Find(std::string_view option) const {
  const ConfSetting* local = local_conf.Find(option);
  return local != nullptr ? local : global_conf.Find(option);
}

namespace {

constexpr std::string_view kSet = "set ";
constexpr std::string_view kGet = "get ";
constexpr int kMaxDepth = 16;               // of sections that lead to others
constexpr std::size_t kMaxContexts = 1000;  // in all

tl::unexpected<Error> Refuse(std::string problem, std::string hint = {}) {
  return Fail(Errc::kBadInput, std::move(problem), std::move(hint));
}

// True for "egg:swift#x" and the like: letters and a colon first.
bool IsUri(std::string_view name) {
  const auto colon = name.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  return std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

void Update(ConfSettings& into, const ConfSettings& from) {
  for (const ConfSetting& setting : from) into.Set(setting);
}

// Takes an option out of the settings; nullopt when it is not there.
std::optional<ConfSetting> TakeOut(ConfSettings& settings, std::string_view name) {
  const ConfSetting* found = settings.Find(name);
  if (found == nullptr) return std::nullopt;
  ConfSetting setting = *found;
  settings.Remove(name);
  return setting;
}

// What one load may spend, over all files.
struct PasteBudget {
  std::size_t contexts = 0;
};

// One file or directory.
class PasteLoader {
 public:
  static Result<PasteLoader> Open(const std::string& path, const ConfSettings& global_conf,
                                  PasteBudget& budget);

  Result<PasteContext> Context(PasteType type, std::string_view name,
                               const ConfSettings& global_conf, int depth) const;

 private:
  // A section's options, sorted by what they do.
  struct Options {
    ConfSettings global_conf;
    ConfSettings additions;  // the `set` options among global_conf
    ConfSettings local_conf;
  };

  PasteLoader(Conf conf, PasteBudget& budget) : conf_(std::move(conf)), budget_(&budget) {}

  Result<std::string> FindSection(PasteType type, std::string_view name) const;
  void AddSections(std::string_view prefix, std::string_view name,
                   std::vector<std::string>& found) const;
  Result<Options> ReadOptions(const std::string& section, const ConfSettings& given) const;
  Result<PasteContext> SectionContext(PasteType type, std::string_view name,
                                      const ConfSettings& global_conf, int depth) const;
  Result<PasteContext> OfUri(PasteType type, std::string_view uri, const ConfSettings& global_conf,
                             int depth) const;
  // What a section stands for, by its form. They take out of its options what they understand.
  Result<PasteContext> OfUse(PasteType type, Options& options, int depth) const;
  Result<PasteContext> OfFactory(PasteType type, const std::string& section,
                                 Options& options) const;
  Result<PasteContext> OfPipeline(const std::string& section, Options& options, int depth) const;
  Result<PasteContext> OfFilterApp(const std::string& section, Options& options, int depth) const;
  Result<PasteContext> OfCode(PasteType type, const std::string& section, Options& options,
                              int depth) const;

  Conf conf_;
  PasteBudget* budget_;
};

Result<PasteLoader> PasteLoader::Open(const std::string& path, const ConfSettings& global_conf,
                                      PasteBudget& budget) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error).lexically_normal();
  if (error) return Fail(ErrnoError(error.value(), path));
  ConfSettings defaults;
  const bool is_directory = fs::is_directory(absolute, error);
  const std::string here = is_directory ? absolute.string() : DirName(absolute.string());
  defaults.Set({"here", here, {path, 0}});
  defaults.Set({"__file__", absolute.string(), {path, 0}});
  TRY_ASSIGN(Conf conf, Conf::Load(path, kServerStyle, std::move(defaults)));
  for (const ConfSetting& setting : global_conf) conf.AddDefault(setting);
  return PasteLoader(std::move(conf), budget);
}

Result<PasteContext> PasteLoader::Context(PasteType type, std::string_view name,
                                          const ConfSettings& global_conf, int depth) const {
  if (depth > kMaxDepth || ++budget_->contexts > kMaxContexts) {
    return Refuse(StrCat(conf_.path(), ": sections use each other in a circle, or too many"));
  }
  TRY_ASSIGN(PasteContext context, IsUri(name) ? OfUri(type, name, global_conf, depth)
                                               : SectionContext(type, name, global_conf, depth));
  context.name = name;
  context.local_conf.Set({"__name__", std::string(name), {conf_.path(), 0}});
  return context;
}

void PasteLoader::AddSections(std::string_view prefix, std::string_view name,
                              std::vector<std::string>& found) const {
  for (const std::string& section : conf_.SectionNames()) {
    if (section.starts_with(StrCat(prefix, ":")) &&
        PythonStrip(std::string_view(section).substr(prefix.size() + 1)) == name) {
      found.push_back(section);
    }
  }
}

Result<std::string> PasteLoader::FindSection(PasteType type, std::string_view name) const {
  // Of each group the first prefix that has sections counts.
  using Group = std::vector<std::string_view>;
  const std::vector<Group> groups =
      type == PasteType::kFilter
          ? std::vector<Group>{{"filter"}}
          : std::vector<Group>{
                {"app", "application"}, {"composite", "composit"}, {"pipeline"}, {"filter-app"}};
  std::vector<std::string> found;
  for (const Group& group : groups) {
    const std::size_t before = found.size();
    for (const std::string_view prefix : group) {
      if (found.size() == before) AddSections(prefix, name, found);
    }
  }
  const std::string_view kind = type == PasteType::kFilter ? "filter" : "app";
  if (found.empty()) {
    return Refuse(StrCat(conf_.path(), ": no section [", kind, ":", Printable(name), "]",
                         type == PasteType::kApp ? " or pipeline of that name" : ""),
                  "add the section, or correct the name where it is used");
  }
  if (found.size() > 1) {
    return Refuse(StrCat(conf_.path(), ": both [", Printable(found[0]), "] and [",
                         Printable(found[1]), "] are named ", Printable(name)),
                  "rename one of them");
  }
  return found.front();
}

Result<PasteLoader::Options> PasteLoader::ReadOptions(const std::string& section,
                                                      const ConfSettings& given) const {
  Options options;
  TRY_ASSIGN(const ConfSettings defaults, conf_.Items(ConfSections::kDefault));
  options.global_conf = defaults;
  Update(options.global_conf, given);
  std::vector<ConfSetting> gets;
  const auto read = [&](const ConfSetting& raw) -> Result<> {
    const std::string_view written = raw.name;
    const bool is_set = written.starts_with(kSet);
    const bool is_get = written.starts_with(kGet);
    if (!is_set && !is_get && defaults.Find(written) != nullptr) return {};
    TRY_ASSIGN(auto setting, conf_.Get(section, written));
    if (is_set || is_get) setting->name = PythonStrip(written.substr(kSet.size()));
    if (is_set) {
      options.additions.Set(*setting);
      options.global_conf.Set(*setting);
    } else if (is_get) {
      gets.push_back(*setting);
    } else {
      options.local_conf.Set(*setting);
    }
    return {};
  };
  const ConfSettings& own = *conf_.RawSection(section);
  for (const ConfSetting& raw : own) TRY(read(raw));
  for (const ConfSetting& raw : conf_.RawDefaults()) {
    if (own.Find(raw.name) == nullptr) TRY(read(raw));
  }
  for (const ConfSetting& get : gets) {
    const ConfSetting* source = options.global_conf.Find(get.value);
    if (source == nullptr) {
      return Refuse(StrCat(get.origin.Text(), ": get ", Printable(get.name), ": ",
                           Printable(get.value), " is not set in [DEFAULT]"));
    }
    options.local_conf.Set({get.name, source->value, get.origin});
  }
  return options;
}

Result<PasteContext> PasteLoader::SectionContext(PasteType type, std::string_view name,
                                                 const ConfSettings& global_conf, int depth) const {
  TRY_ASSIGN(const std::string section, FindSection(type, name));
  TRY_ASSIGN(Options options, ReadOptions(section, global_conf));
  const auto filter_with = TakeOut(options.local_conf, "filter-with");
  options.local_conf.Remove("require");
  TRY_ASSIGN(PasteContext context, OfCode(type, section, options, depth));
  if (!filter_with) return context;
  TRY_ASSIGN(PasteContext filter,
             Context(PasteType::kFilter, filter_with->value, options.global_conf, depth + 1));
  PasteContext outer;
  outer.kind = PasteContext::Kind::kFilteredWith;
  outer.global_conf = options.global_conf;
  outer.local_conf = options.local_conf;
  outer.filters.push_back(std::move(filter));
  outer.app = std::make_shared<const PasteContext>(std::move(context));
  return outer;
}

Result<PasteContext> PasteLoader::OfCode(PasteType type, const std::string& section,
                                         Options& options, int depth) const {
  if (section.starts_with("filter-app:")) return OfFilterApp(section, options, depth);
  if (section.starts_with("pipeline:")) return OfPipeline(section, options, depth);
  if (options.local_conf.Find("use") != nullptr) return OfUse(type, options, depth);
  return OfFactory(type, section, options);
}

Result<PasteContext> PasteLoader::OfUri(PasteType type, std::string_view uri,
                                        const ConfSettings& global_conf, int depth) const {
  const auto colon = uri.find(':');
  const std::string scheme = AsciiLower(uri.substr(0, colon));
  if (scheme == "egg" || scheme == "call") {
    PasteContext leaf;
    leaf.loader = uri;
    leaf.global_conf = global_conf;
    return leaf;
  }
  if (scheme != "config" && scheme != "config_dir") {
    return Refuse(StrCat(conf_.path(), ": ", Printable(uri), ": unknown kind of address"),
                  "it is egg:, call:, config: or config_dir:");
  }
  const auto hash = std::min(uri.find('#'), uri.size());
  const std::string path(uri.substr(colon + 1, hash - colon - 1));
  const std::string_view name = hash == uri.size() ? "main" : uri.substr(hash + 1);
  const bool is_absolute = path.starts_with('/');
  const std::string file = is_absolute ? path : StrCat(DirName(conf_.path()), "/", path);
  TRY_ASSIGN(const PasteLoader other, Open(file, global_conf, *budget_));
  return other.Context(type, name, global_conf, depth + 1);
}

Result<PasteContext> PasteLoader::OfUse(PasteType type, Options& options, int depth) const {
  const std::string use = TakeOut(options.local_conf, "use")->value;
  TRY_ASSIGN(PasteContext context, Context(type, use, options.global_conf, depth + 1));
  Update(context.global_conf, options.additions);
  Update(context.local_conf, options.local_conf);
  if (const ConfSetting* file = options.global_conf.Find("__file__")) {
    context.global_conf.Set(*file);
  }
  return context;
}

Result<PasteContext> PasteLoader::OfFactory(PasteType type, const std::string& section,
                                            Options& options) const {
  const std::vector<std::vector<std::string_view>> groups =
      type == PasteType::kFilter
          ? std::vector<std::vector<std::string_view>>{{"paste.filter_factory",
                                                        "paste.filter_app_factory"}}
          : std::vector<std::vector<std::string_view>>{
                {"paste.app_factory"}, {"paste.composite_factory"}, {"paste.composit_factory"}};
  PasteContext leaf;
  for (const auto& group : groups) {
    for (const std::string_view factory : group) {
      const ConfSetting* setting = options.local_conf.Find(factory);
      if (setting == nullptr) continue;
      if (!leaf.loader.empty()) {
        return Refuse(StrCat(setting->origin.Text(), ": a second factory for one section"));
      }
      leaf.loader = StrCat(factory, " = ", setting->value);
      options.local_conf.Remove(factory);
      break;
    }
  }
  if (leaf.loader.empty()) {
    return Refuse(StrCat(conf_.path(), ": [", Printable(section), "] says nothing to use"),
                  "add a line use = egg:swift#...");
  }
  leaf.global_conf = options.global_conf;
  leaf.local_conf = options.local_conf;
  return leaf;
}

Result<PasteContext> PasteLoader::OfPipeline(const std::string& section, Options& options,
                                             int depth) const {
  const std::string place = StrCat(conf_.path(), ": [", Printable(section), "]");
  const auto pipeline = TakeOut(options.local_conf, "pipeline");
  if (!pipeline) return Refuse(StrCat(place, " has no option pipeline"));
  if (!options.local_conf.empty()) {
    const ConfSetting& first = *options.local_conf.begin();
    return Refuse(
        StrCat(first.origin.Text(), ": ", Printable(first.name), " is not allowed in a pipeline"),
        "move it to [DEFAULT] or to the section of the app");
  }
  const auto names = PythonSplit(pipeline->value);
  if (names.empty()) return Refuse(StrCat(pipeline->origin.Text(), ": the pipeline is empty"));
  PasteContext context;
  context.kind = PasteContext::Kind::kPipeline;
  TRY_ASSIGN(PasteContext app,
             Context(PasteType::kApp, names.back(), options.global_conf, depth + 1));
  context.app = std::make_shared<const PasteContext>(std::move(app));
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    TRY_ASSIGN(PasteContext filter,
               Context(PasteType::kFilter, names[i], options.global_conf, depth + 1));
    context.filters.push_back(std::move(filter));
  }
  context.global_conf = options.global_conf;
  return context;
}

Result<PasteContext> PasteLoader::OfFilterApp(const std::string& section, Options& options,
                                              int depth) const {
  const auto next = TakeOut(options.local_conf, "next");
  if (!next) {
    return Refuse(StrCat(conf_.path(), ": [", Printable(section), "] has no option next"));
  }
  PasteContext context;
  context.kind = PasteContext::Kind::kFilterApp;
  TRY_ASSIGN(PasteContext app,
             Context(PasteType::kApp, next->value, options.global_conf, depth + 1));
  context.app = std::make_shared<const PasteContext>(std::move(app));
  context.global_conf = options.global_conf;
  const bool has_use = options.local_conf.Find("use") != nullptr;
  TRY_ASSIGN(PasteContext filter, has_use ? OfUse(PasteType::kFilter, options, depth)
                                          : OfFactory(PasteType::kFilter, section, options));
  context.local_conf = options.local_conf;
  context.filters.push_back(std::move(filter));
  return context;
}

}  // namespace

Result<PasteContext> LoadPasteApp(const std::string& path, std::string_view name,
                                  const ConfSettings& global_conf) {
  PasteBudget budget;
  TRY_ASSIGN(const PasteLoader loader, PasteLoader::Open(path, global_conf, budget));
  return loader.Context(PasteType::kApp, name, global_conf, 0);
}

}  // namespace dbrepl
