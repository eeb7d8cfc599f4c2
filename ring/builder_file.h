// Builder files: our own JSON (docs/BUILDER_FILE.md), and Swift's pickles for reading.
//
// Pure apart from the function that takes a path; thread-safe. Errors name the file and the place
// in it.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "ring/builder.h"

namespace dbrepl {

enum class BuilderFormat { kJson, kSwiftPickle };

struct LoadedBuilder {
  Builder builder;
  BuilderFormat format = BuilderFormat::kJson;
};

// The builder in a file of either format. Missing: kNotFound. Unreadable: kIo. Neither format,
// damaged, edited so that its parts do not fit together: kBadInput.
Result<LoadedBuilder> ReadBuilderFile(const std::string& path);

// The same from the bytes of a file; `name` stands in errors.
Result<LoadedBuilder> ParseBuilderFile(std::string_view bytes, std::string_view name);

// The JSON text of a builder, one member a line, ending with a newline. The same for the same
// builder.
std::string SerializeBuilder(const Builder& builder);

// Whether the parts of a builder fit together: every cell of the rows is a device that is there,
// rows and hours have the lengths that part_power says, devices marked for removal are there. The
// first breach: kBadInput.
Result<> CheckBuilder(const Builder& builder);

}  // namespace dbrepl
