# Every foreign library, all from Debian 12. Each has one home in the tree: tests/lint/rules.py holds the table.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(tl-expected REQUIRED)                              # common/result.h
find_package(spdlog REQUIRED)                                   # common/log
find_package(OpenSSL REQUIRED COMPONENTS Crypto)                # common/digest
find_package(ZLIB REQUIRED)                                     # ring/gzip
find_package(SQLite3 REQUIRED)                                  # broker/sqlite
find_package(Boost REQUIRED COMPONENTS program_options)         # daemons/options
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv)         # rpc
find_package(GTest REQUIRED)                                    # tests
find_package(benchmark REQUIRED)                                # bench

# RapidJSON ships headers only, without a target.                 common/json
find_path(RAPIDJSON_INCLUDE_DIR rapidjson/reader.h REQUIRED)
