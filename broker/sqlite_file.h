// Places in the header of a SQLite file, for those who look at one past SQLite
// (https://www.sqlite.org/fileformat.html, section 1.3).
#pragma once

#include <cstddef>
#include <string_view>

namespace dbrepl {

inline constexpr std::size_t kSqliteHeaderBytes = 100;
// Its first bytes.
inline constexpr std::string_view kSqliteMagic("SQLite format 3\0", 16);
// Offsets. The versions are a byte each: which SQLites may write to the file, or read it.
inline constexpr std::size_t kSqliteWriteVersion = 18;
inline constexpr std::size_t kSqliteReadVersion = 19;
// Four bytes, the most significant first: raised by every commit with a rollback journal.
inline constexpr std::size_t kSqliteChangeCounter = 24;
// Four bytes each: raised by every change of the schema; how the schema is written; 1: UTF-8.
inline constexpr std::size_t kSqliteSchemaCookie = 40;
inline constexpr std::size_t kSqliteSchemaFormat = 44;
inline constexpr std::size_t kSqliteTextEncoding = 56;

// A version: commits go through a rollback journal (2: a write-ahead log).
inline constexpr unsigned char kSqliteRollbackJournal = 1;

}  // namespace dbrepl
