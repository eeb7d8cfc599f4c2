// Whether a device may be written to: is it there, is it mounted, has it room. Thread-safe.
// Source: swift-reference.md section 4.4.
#pragma once

#include <string>

#include "common/conf_value.h"
#include "common/result.h"
#include "replicator/shared/wire_names.h"

namespace dbrepl {

// Links to directories count.
bool IsDirectory(const std::string& path);

// The device's path, "<devices>/<drive>". With mount_check it must be a mount point: of another
// device than its parent directory, or with a regular file .ismount in it (containers, and symbolic
// links, which count only so). Without, a directory. Else kNoSpace, in Swift's words.
Result<std::string> CheckDrive(const std::string& devices, const DriveName& drive,
                               bool mount_check);

// kNoSpace when less than the reserve is free for ordinary users on the path's file system; kIo
// when that cannot be told.
Result<> CheckFreeSpace(const std::string& path, const BytesOrPercent& reserve);

}  // namespace dbrepl
