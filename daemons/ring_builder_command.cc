#include "daemons/ring_builder_command.h"

#include <iostream>

#include "common/strings.h"

namespace dbrepl {

void RingBuilderRun::Answer(std::string_view text, const JsonValue& json) const {
  if (Json()) {
    std::cout << DumpJson(json) << '\n';
  } else {
    std::cout << text;
  }
}

void RingBuilderRun::Note(std::string_view text) const {
  std::cerr << "ring-builder: note: " << text << '\n';
}

Result<std::string> RingBuilderRun::SavePathWithNote() const {
  TRY_ASSIGN(std::string path, SavePath(paths, loaded.format));
  if (path != paths.builder) {
    Note(StrCat(paths.builder, " is Swift's and stays as it is; the change is saved to ", path,
                ", name that one from now on"));
  }
  return path;
}

Result<> RingBuilderRun::Save() {
  TRY_ASSIGN(const std::string path, SavePathWithNote());
  return SaveBuilder(path, builder());
}

Result<RingFormat> RingBuilderRun::Format() const {
  const std::string version = line.Value("format-version", "1");
  if (version == "1") return RingFormat::kV1;
  if (version == "2") return RingFormat::kV2;
  return Fail(Errc::kBadInput,
              StrCat("--format-version: must be 1 or 2 (got \"", Printable(version), "\")"));
}

}  // namespace dbrepl
