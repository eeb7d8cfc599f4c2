// Server files of paste.deploy: [app:...], [filter:...], [pipeline:...] with `use`, `set` and `get`
// (swift-reference.md section 6.1), as swift/common/wsgi.py loads them. Plain data, thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/conf.h"
#include "common/result.h"

namespace dbrepl {

enum class PasteType { kApp, kFilter };

// What one name of a server file stands for.
struct PasteContext {
  enum class Kind {
    kLeaf,          // code outside the file: `loader` names it
    kPipeline,      // `filters`, from the outermost inwards, around `app`
    kFilterApp,     // one filter around `app`
    kFilteredWith,  // as kFilterApp, by an option filter-with
  };

  Kind kind = Kind::kLeaf;
  std::string name;          // as it was asked for: a section's name without its prefix, or an URI
  std::string loader;        // "egg:swift#container", "call:..." or "paste.app_factory = ..."
  ConfSettings global_conf;  // [DEFAULT], what the caller gave, and `set` options
  ConfSettings local_conf;   // the section's own options
  std::vector<PasteContext> filters;
  std::shared_ptr<const PasteContext> app;  // never null unless a leaf

  // What Swift's servers get as conf: the local option, else the global one; nullptr when neither.
  const ConfSetting* Find(std::string_view option) const;
};

// The app `name` of a file or directory of files ("main": what a server runs; "container-server":
// where a server looks for its own options). `global_conf` are options that the program adds.
// An option of a section that [DEFAULT] sets too is ignored unless it is prefixed with "set ".
// Missing file: kNotFound. No such app, two of them, a pipeline with options, a `get` of something
// that is not set, sections that use each other in a circle, or no configuration file: kBadInput.
// Whether code outside the file exists is the caller's to know; `require` is not looked at.
Result<PasteContext> LoadPasteApp(const std::string& path, std::string_view name,
                                  const ConfSettings& global_conf = {});

}  // namespace dbrepl
