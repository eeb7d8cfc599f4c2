// The version that our programs tell: --version, OPTIONS, recon.
#pragma once

namespace dbrepl {

inline constexpr char kVersion[] = "dbrepl-0.1.0";

}  // namespace dbrepl
