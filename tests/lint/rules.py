"""The house rules that a program can check, as tables. docs/ARCHITECTURE.md gives the reasons."""

# folder -> folders whose headers it may include (itself always).
ARROWS = {
    'common': set(),
    'ring': {'common'},
    'broker': {'common'},
    'rpc': {'common'},
    'replicator': {'common', 'ring', 'broker', 'rpc'},
    'daemons': {'common', 'ring', 'broker', 'rpc', 'replicator'},
}
# The same inside a folder, between its parts: a part -> the other parts of that folder it may include. The folder's own
# files are the part named like the folder.
INNER_ARROWS = {
    'replicator': {'replicator/dry_run', 'replicator/recon', 'replicator/shared'},
    'replicator/dry_run': {'replicator', 'replicator/shared'},
    'replicator/answer': {'replicator/shared'},
    'replicator/recon': {'replicator/shared'},
    'replicator/shared': set(),
}
# Not shipped: may see everything.
OUTSIDE = {'tests', 'bench', 'demo'}

# Include prefix of a foreign library -> the files that may include it (fnmatch patterns). Headers are named only
# where the library's types must be visible to callers.
FOREIGN_HOMES = {
    'uv.h': ['rpc/uv_handle.h'],
    'sqlite3.h': ['broker/*.cc', 'tests/unit/broker/sqlite_error_test.cc', 'bench/*'],
    'rapidjson/': ['common/json.cc', 'broker/item_reader.cc'],
    'boost/program_options': ['daemons/options.cc'],
    'boost/beast': ['rpc/http_parser.cc', 'rpc/http_writer.cc'],
    'tl/expected': ['common/result.h'],
    'spdlog/': ['common/log.cc'],
    'fmt/': ['common/log.cc'],
    'openssl/': ['common/digest.cc'],
    'zlib.h': ['ring/gzip.cc'],
    'gtest/': ['tests/*'],
    'gmock/': ['tests/*'],
    'benchmark/': ['bench/*'],
}

# Words that must not be left behind in product or test code.
MARKS = ('TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK')

# Above these a file probably holds more than one job. Reasons for the exceptions stand beside them.
MAX_LINES = {'.h': 200, '.cc': 450}
MAX_TEST_LINES = 700
LONG_FILES = {}
