// What recon tells about the node's devices: which are there, mounted, how full, and how much was
// quarantined on them; keys as in Swift's recon middleware (swift-reference.md section 6.8).
// Thread-safe; every call looks anew and may block as long as a dying disk does.
#pragma once

#include <string>

#include "common/json.h"
#include "common/result.h"

namespace dbrepl {

// {"<devices>": [names]}; null in place of the names when the folder cannot be read.
JsonValue ListDevices(const std::string& devices);

// [{"device": name, "mounted": false}] of every folder that is no mount point. The folder of the
// devices cannot be read: ErrnoError's code; this goes for the next two also.
Result<JsonValue> ListUnmounted(const std::string& devices);

// [{"device", "mounted", "size", "used", "avail"}] of every folder, in bytes; "" for all three when
// it is not mounted, or when its file system does not answer: then "mounted" is the reason.
Result<JsonValue> ReadDiskUsage(const std::string& devices);

// {"objects": n, "containers": n, "accounts": n, "policies": {"<index>": {"objects": n}}}: how many
// folders lie in the devices' quarantined/<type>, told from link counts without listing them.
Result<JsonValue> CountQuarantined(const std::string& devices);

}  // namespace dbrepl
