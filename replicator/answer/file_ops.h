// The ops that make a whole database file, which a peer has put into <device>/tmp, the database
// here or a part of it. Swift-reference.md section 4.3.
//
// The file is judged first (received_file.h); a refused one is 400, goes back to tmp and is never
// published. From then on the file has an id of its own, and holds exactly the sender's rows up to
// the ROWID noted for the sender; if it is not published after all, it is deleted.
#pragma once

#include "replicator/answer/operation.h"

namespace dbrepl {

// [landing name, base name]: 204 once the file is the database, lastingly. There is a database of
// this hash already, of whatever epoch, or no file has landed: 404.
Result<HttpResponse> RunCompleteRsync(const Operation& operation);

// [landing name, base name, which is ignored]: everything that the database here knows goes into
// the received file, which then takes its place: 204. No row is lost: rows that are written
// meanwhile are copied too, the last ones while nobody else can write; and a process that still has
// the old file open cannot write to it any more (SQLite refuses for a file that was moved). No
// database, no landed file, or a container that has begun to shard, looked at before and after:
// 404, and nothing has changed.
Result<HttpResponse> RunRsyncThenMerge(const Operation& operation);

}  // namespace dbrepl
