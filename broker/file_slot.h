// A name by which SQLite knows a database file for as long as a connection lives, while the file
// behind the name may become another one (parking_vfs.h). SQLite takes the names of journals from
// that of the database, so those lead beside the file of the moment too.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace dbrepl {

// Used by the thread of its connection, and outlives it.
class FileSlot {
 public:
  // A path relative to the working directory of now. Of a link the file it leads to, as SQLite
  // does, so that all processes mean the same journal.
  explicit FileSlot(const std::string& path);
  ~FileSlot();
  FileSlot(const FileSlot&) = delete;
  FileSlot& operator=(const FileSlot&) = delete;

  // What sqlite3_open_v2 is told.
  const std::string& name() const { return name_; }
  const std::string& path() const { return path_; }
  // The path in the form in which SQLite gives names of databases to a VFS, which reads on behind
  // the text's end. Null: no memory. Lives until PointTo.
  const char* file_name() const { return file_name_.get(); }
  // From now on the name means this file. Not while the file before is open.
  void PointTo(const std::string& path);

  // The slot of a name, of its journal's or of its write-ahead log's; null: a name that is no
  // slot's. Any thread.
  static FileSlot* Find(const char* name);
  // The path that such a name means now; any other name means itself. Lives until PointTo.
  static const char* PathOf(const char* name);

 private:
  struct FreeFileName {
    void operator()(const char* name) const;
  };

  const std::string name_;
  std::string path_;
  std::string journal_;
  std::string log_;
  std::unique_ptr<const char, FreeFileName> file_name_;
};

}  // namespace dbrepl
