// Sets a damaged database aside, never deletes it (swift-reference.md section 1.6). Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "broker/db_kind.h"
#include "common/result.h"

namespace dbrepl {

// Renames the whole hash directory of `db_path` to <device>/quarantined/<kind>s/<hash>, or, when
// that is taken, to the same name plus "-" and 32 random hex digits. Returns the new directory.
// Whoever has files open in it keeps them. No such directory: kNotFound; any other refusal: kIo.
Result<std::string> QuarantineDirectory(std::string_view db_path, DbKind kind);

}  // namespace dbrepl
