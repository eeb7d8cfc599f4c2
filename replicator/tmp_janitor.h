// Removes what was left half done long ago (swift-reference.md section 1.7). Errors are nobody's
// business: what cannot be removed now is met again in the next pass. Thread-safe.
#pragma once

#include <string>
#include <vector>

namespace dbrepl {

// Everything but directories in <device>/tmp that was last written before this time (seconds since
// 1970): files that arrived and were never taken over. Returns how many were removed; no tmp: 0.
int RemoveOldArrivals(const std::string& device_path, double before_seconds);

// Files called *.tmp in a hash directory, likewise: databases whose making was cut off. The names
// of all others in it, in no order; empty when it cannot be read.
std::vector<std::string> RemoveOldConstructions(const std::string& hash_directory,
                                                double before_seconds);

// For a hash directory without any database, of which a crash left the rest: constructions,
// journals, pending records, the lock. When all of that, and nothing else, is in it and all is
// old, it goes with the directory; else nothing does. Returns whether the directory is gone.
bool RemoveOldRemains(const std::string& hash_directory, double before_seconds);

}  // namespace dbrepl
