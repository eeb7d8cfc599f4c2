// Reads what peers send to be merged: a JSON array of flat objects, handed over member by member
// without building a document. One thread at a time.
#pragma once

#include <string>
#include <string_view>

#include "broker/sql_value.h"
#include "common/result.h"

namespace dbrepl {

class ItemHandler {
 public:
  virtual ~ItemHandler() = default;
  // Whether Member is to be called for members of this name; others are read over, and their text
  // is not checked to be UTF-8.
  virtual bool Wants(std::string_view /*name*/) const { return true; }
  // Members in document order; of equal names the last should win. true and false come as 1 and 0,
  // integers beyond 64 bits as doubles. The name is valid during the call.
  virtual void Member(std::string_view name, SqlValue value) = 0;
  // The object is complete; an error ends the reading and is returned.
  virtual Result<> EndItem() = 0;
};

// The whole text must be one array of objects. Members that are arrays or objects themselves are
// skipped (nothing of ours is), down to 64 levels. Anything else, and text that is not well-formed:
// kBadInput with the byte offset; the handler may have seen the items before it.
Result<> ReadItems(std::string_view json, ItemHandler& handler);

}  // namespace dbrepl
