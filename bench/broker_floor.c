/* The least that the brokers' work costs: the same SQL in plain C, without errors, migrations or JSON rows from peers.
 *
 * usage: broker_floor merge FILE FIRST COUNT BATCH triggers|folded   new rows, COUNT in transactions of BATCH
 *        broker_floor since FILE LIMIT                               all rows, LIMIT at a time, as JSON
 *        broker_floor open FILE TIMES                                open, replication info, sync points
 * Prints the CPU seconds of the work itself. `triggers` lets SQLite's triggers keep the sums, `folded` switches them off and
 * writes the sums once per transaction. bench/broker_rows.h says what the rows are. */
#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/broker_rows.h"

enum { kNamesPerQuery = 250, kHashBytes = 16 };

static void Check(int code, sqlite3* db) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  fprintf(stderr, "broker_floor: %s\n", sqlite3_errmsg(db));
  exit(1);
}

static double CpuSeconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void Exec(sqlite3* db, const char* sql) { Check(sqlite3_exec(db, sql, NULL, NULL, NULL), db); }

static void Toggle(EVP_MD_CTX* md, unsigned char* hash, const char* name, size_t name_size, const char* text,
                   size_t text_size) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  EVP_DigestInit_ex(md, EVP_md5(), NULL);
  EVP_DigestUpdate(md, name, name_size);
  EVP_DigestUpdate(md, "-", 1);
  EVP_DigestUpdate(md, text, text_size);
  EVP_DigestFinal_ex(md, digest, NULL);
  for (int i = 0; i < kHashBytes; ++i) hash[i] = (unsigned char)(hash[i] ^ digest[i]);
}

static void FromHex(const char* hex, unsigned char* hash) {
  for (int i = 0; i < kHashBytes; ++i) {
    const char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
    hash[i] = (unsigned char)strtoul(pair, NULL, 16);
  }
}

static void ToHex(const unsigned char* hash, char* hex) {
  static const char kDigits[] = "0123456789abcdef";
  for (int i = 0; i < kHashBytes; ++i) {
    hex[2 * i] = kDigits[hash[i] >> 4];
    hex[2 * i + 1] = kDigits[hash[i] & 15];
  }
}

static void Chexor(sqlite3_context* context, int count, sqlite3_value** values) {
  (void)count;
  unsigned char hash[kHashBytes];
  char hex[2 * kHashBytes];
  FromHex((const char*)sqlite3_value_text(values[0]), hash);
  Toggle(sqlite3_user_data(context), hash, (const char*)sqlite3_value_text(values[1]),
         (size_t)sqlite3_value_bytes(values[1]), (const char*)sqlite3_value_text(values[2]),
         (size_t)sqlite3_value_bytes(values[2]));
  ToHex(hash, hex);
  sqlite3_result_text(context, hex, sizeof(hex), SQLITE_TRANSIENT);
}

static sqlite3* Open(const char* path, EVP_MD_CTX* md) {
  sqlite3* db;
  Check(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), db);
  Exec(db, "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA journal_mode = DELETE");
  Check(sqlite3_create_function(db, "chexor", 3, SQLITE_UTF8, md, Chexor, NULL, NULL), db);
  return db;
}

static sqlite3_stmt* Prepare(sqlite3* db, const char* sql) {
  sqlite3_stmt* statement;
  Check(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), db);
  return statement;
}

static void BindText(sqlite3_stmt* statement, int index, const char* text) {
  sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

static sqlite3_stmt* PrepareLookUp(sqlite3* db) {
  char sql[4096] =
      "SELECT name, created_at, size, content_type, etag, deleted, storage_policy_index FROM object "
      "WHERE deleted IN (0, 1) AND name IN (?";
  for (int i = 1; i < kNamesPerQuery; ++i) strcat(sql, ",?");
  strcat(sql, ")");
  return Prepare(db, sql);
}

/* Rows that are there already are counted, not merged: the measurement merges new ones. */
static int LookUp(sqlite3* db, sqlite3_stmt* query, const struct BenchRow* rows, int count) {
  int known = 0;
  for (int done = 0; done < count; done += kNamesPerQuery) {
    for (int i = 0; i < kNamesPerQuery; ++i) {
      if (done + i < count)
        BindText(query, i + 1, rows[done + i].name);
      else
        sqlite3_bind_null(query, i + 1);
    }
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW) ++known;
    Check(code, db);
    sqlite3_reset(query);
  }
  return known;
}

static void WriteSums(sqlite3* db, const unsigned char* added, int count, int64_t bytes, const char* old_hash) {
  unsigned char hash[kHashBytes];
  char hex[2 * kHashBytes + 1] = {0};
  FromHex(old_hash, hash);
  for (int i = 0; i < kHashBytes; ++i) hash[i] = (unsigned char)(hash[i] ^ added[i]);
  ToHex(hash, hex);
  char* sql = sqlite3_mprintf(
      "UPDATE policy_stat SET object_count = object_count + %d, bytes_used = bytes_used + %lld WHERE "
      "storage_policy_index = 0; UPDATE container_info SET hash = '%s'",
      count, (long long)bytes, hex);
  Exec(db, sql);
  sqlite3_free(sql);
}

static void MergeBatch(sqlite3* db, EVP_MD_CTX* md, sqlite3_stmt* const* statements, const struct BenchRow* rows,
                       int count, int folded) {
  unsigned char added[kHashBytes] = {0};
  int64_t bytes = 0;
  Exec(db, "BEGIN IMMEDIATE");
  if (LookUp(db, statements[0], rows, count) != 0) exit(1);
  for (int i = 0; i < count; ++i) {
    sqlite3_stmt* insert = statements[1];
    BindText(insert, 1, rows[i].name);
    BindText(insert, 2, rows[i].created_at);
    sqlite3_bind_int64(insert, 3, rows[i].size);
    BindText(insert, 4, kBenchContentType);
    BindText(insert, 5, rows[i].etag);
    Check(sqlite3_step(insert), db);
    sqlite3_reset(insert);
    if (!folded) continue;
    Toggle(md, added, rows[i].name, strlen(rows[i].name), rows[i].created_at, strlen(rows[i].created_at));
    bytes += rows[i].size;
  }
  if (folded) {
    Check(sqlite3_step(statements[2]), db);
    char old_hash[33] = {0};
    memcpy(old_hash, sqlite3_column_text(statements[2], 0), 32);
    sqlite3_reset(statements[2]);
    WriteSums(db, added, count, bytes, old_hash);
  }
  Exec(db, "COMMIT");
}

static double Merge(const char* path, long first, int count, int batch, int folded) {
  struct BenchRow* rows = calloc((size_t)count, sizeof(*rows));
  for (int i = 0; i < count; ++i) BenchMakeRow(first + i, &rows[i]);
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  const double started = CpuSeconds();
  sqlite3* db = Open(path, md);
  if (folded) sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
  sqlite3_stmt* statements[] = {
      PrepareLookUp(db),
      Prepare(db, "INSERT INTO object (name, created_at, size, content_type, etag, deleted, storage_policy_index) "
                  "VALUES (?, ?, ?, ?, ?, 0, 0)"),
      Prepare(db, "SELECT hash FROM container_info")};
  for (int done = 0; done < count; done += batch)
    MergeBatch(db, md, statements, rows + done, count - done < batch ? count - done : batch, folded);
  for (int i = 0; i < 3; ++i) sqlite3_finalize(statements[i]);
  Check(sqlite3_close(db), db);
  const double used = CpuSeconds() - started;
  EVP_MD_CTX_free(md);
  free(rows);
  return used;
}

static char* AppendQuoted(char* out, const char* text, int size) {
  *out++ = '"';
  for (int i = 0; i < size; ++i) {
    if (text[i] == '"' || text[i] == '\\') *out++ = '\\';
    *out++ = text[i];
  }
  *out++ = '"';
  return out;
}

static double Since(const char* path, int limit) {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  char* text = malloc((size_t)limit * 512);
  const double started = CpuSeconds();
  sqlite3* db = Open(path, md);
  sqlite3_stmt* query = Prepare(db, "SELECT * FROM object WHERE ROWID > ? ORDER BY ROWID ASC LIMIT ?");
  sqlite3_int64 last = -1;
  for (int found = limit; found == limit;) {
    char* out = text;
    found = 0;
    sqlite3_bind_int64(query, 1, last);
    sqlite3_bind_int(query, 2, limit);
    while (sqlite3_step(query) == SQLITE_ROW) {
      last = sqlite3_column_int64(query, 0);
      for (int column = 0; column < 8; ++column) {
        out += sprintf(out, "%s\"%s\": ", column == 0 ? "{" : ", ", sqlite3_column_name(query, column));
        if (sqlite3_column_type(query, column) == SQLITE_INTEGER)
          out += sprintf(out, "%lld", (long long)sqlite3_column_int64(query, column));
        else
          out = AppendQuoted(out, (const char*)sqlite3_column_text(query, column), sqlite3_column_bytes(query, column));
      }
      out += sprintf(out, "}, ");
      ++found;
    }
    sqlite3_reset(query);
  }
  sqlite3_finalize(query);
  Check(sqlite3_close(db), db);
  const double used = CpuSeconds() - started;
  EVP_MD_CTX_free(md);
  free(text);
  return used;
}

static void ReadAll(sqlite3* db, const char* sql) {
  sqlite3_stmt* query = Prepare(db, sql);
  int code;
  while ((code = sqlite3_step(query)) == SQLITE_ROW)
    for (int column = 0; column < sqlite3_column_count(query); ++column) (void)sqlite3_column_text(query, column);
  Check(code, db);
  sqlite3_finalize(query);
}

static double OpenAndRead(const char* path, int times) {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  const double started = CpuSeconds();
  for (int i = 0; i < times; ++i) {
    sqlite3* db = Open(path, md);
    ReadAll(db, "SELECT account, container, created_at, put_timestamp, delete_timestamp, status, status_changed_at, "
                "object_count, bytes_used, reported_put_timestamp, reported_delete_timestamp, reported_object_count, "
                "reported_bytes_used, hash, id, x_container_sync_point1, x_container_sync_point2, storage_policy_index, "
                "metadata FROM container_stat");
    ReadAll(db, "SELECT name, seq FROM sqlite_sequence");
    ReadAll(db, "SELECT remote_id, sync_point FROM incoming_sync");
    ReadAll(db, "SELECT remote_id, sync_point FROM outgoing_sync");
    Check(sqlite3_close(db), db);
  }
  const double used = CpuSeconds() - started;
  EVP_MD_CTX_free(md);
  return used;
}

int main(int argc, char** argv) {
  double used = -1;
  if (argc == 7 && strcmp(argv[1], "merge") == 0)
    used = Merge(argv[2], atol(argv[3]), atoi(argv[4]), atoi(argv[5]), strcmp(argv[6], "folded") == 0);
  if (argc == 4 && strcmp(argv[1], "since") == 0) used = Since(argv[2], atoi(argv[3]));
  if (argc == 4 && strcmp(argv[1], "open") == 0) used = OpenAndRead(argv[2], atoi(argv[3]));
  if (used < 0) {
    fprintf(stderr, "usage: see the head of bench/broker_floor.c\n");
    return 2;
  }
  printf("%.6f\n", used);
  return 0;
}
