// The rows that the measurements of brokers merge: number in, row out, in C so that the floor makes
// the same ones as broker_bench; bench/broker.py has them in Python. Names are spread over the
// whole index, as hashed names are.
#pragma once

#include <stdint.h>
#include <stdio.h>

struct BenchRow {
  char name[48];
  char created_at[48];
  char etag[40];
  int64_t size;
};

static const char kBenchContentType[] = "application/octet-stream";

static inline void BenchMakeRow(long number, struct BenchRow* row) {
  const unsigned int mixed = (unsigned int)((unsigned long)number * 2654435761UL & 0xffffffffUL);
  snprintf(row->name, sizeof(row->name), "photos/%08x/%ld.jpg", mixed, number);
  snprintf(row->created_at, sizeof(row->created_at), "%010ld.%05ld", 1700000000 + number / 100,
           number % 100 * 1000);
  snprintf(row->etag, sizeof(row->etag), "%08x%08x%08x%08x", mixed, ~mixed, mixed ^ 0x5a5a5a5aU,
           mixed + 7U);
  row->size = number % 100000;
}
