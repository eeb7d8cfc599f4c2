"""Malicious and broken database files, each offered as a new database and as a replica of one that is there."""
import os
import shutil

from hostile.case import Case
from hostile.evil_files import big, by_bytes, by_sql, in_rows, in_schema, instead_of_table, noise, pages, sparse
from hostile.node import PEER

FUTURE = '9999999999.00000'
COLUMNS = 'ROWID INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, created_at TEXT, size INTEGER, content_type TEXT, etag TEXT, deleted INTEGER DEFAULT 0, storage_policy_index INTEGER DEFAULT 0'


def table(more, columns=COLUMNS, kind='object', end=''):
    return by_sql(instead_of_table(f'CREATE TABLE {kind} ({columns}{more}){end}'))


# Refused: name, maker. Those of one kind only stand below.
SQL = {
    'a trigger': by_sql('CREATE TRIGGER evil AFTER INSERT ON {rows} BEGIN DELETE FROM {rows}; END'),
    'a trigger that ignores': by_sql('CREATE TRIGGER evil BEFORE INSERT ON {rows} BEGIN SELECT RAISE(IGNORE); END'),
    'a trigger on the stat row': by_sql("CREATE TRIGGER evil AFTER UPDATE ON {stat} BEGIN UPDATE {stat} SET status = 'DELETED'; END"),
    'a trigger that loads code': by_sql("CREATE TRIGGER evil AFTER INSERT ON {rows} BEGIN SELECT load_extension('/tmp/x.so'); END"),
    'a trigger named like ours': by_sql('DROP TRIGGER incoming_sync_insert', 'CREATE TRIGGER incoming_sync_insert AFTER INSERT ON incoming_sync BEGIN DELETE FROM {rows}; END'),
    'a trigger on another table': by_sql('DROP TRIGGER incoming_sync_update', in_schema('trigger', 'incoming_sync_update', 'incoming_sync', 0, 'CREATE TRIGGER incoming_sync_update AFTER UPDATE ON {rows} BEGIN SELECT 1; END')),
    'a view': by_sql('CREATE VIEW evil AS SELECT * FROM {rows}'), 'a view that never ends': by_sql('CREATE VIEW evil AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x FROM r) SELECT x FROM r'),
    'a view for the stat row': by_sql('DROP TABLE {stat}', "CREATE VIEW {stat} AS SELECT 'a' AS account, 'c' AS container, 'peer-id' AS id"),
    'a full-text table': by_sql('CREATE VIRTUAL TABLE evil USING fts5(x)'), 'an r-tree': by_sql('CREATE VIRTUAL TABLE evil USING rtree(id, a, b)'),
    'a virtual table of a module that is none': by_sql(in_schema('table', 'evil', 'evil', 0, "CREATE VIRTUAL TABLE evil USING csv(filename='/etc/passwd')")),
    'a virtual table named sqlite_stat1': by_sql(in_schema('table', 'sqlite_stat1', 'sqlite_stat1', 0, 'CREATE VIRTUAL TABLE sqlite_stat1 USING fts5(tbl, idx, stat)')),
    'sqlite_stat1 with other columns': by_sql(in_schema('table', 'sqlite_stat1', 'sqlite_stat1', 2, 'CREATE TABLE sqlite_stat1(tbl TEXT DEFAULT (randomblob(1000)), idx, stat)')),
    'sqlite_sequence as a view': by_sql("UPDATE sqlite_master SET type = 'table', rootpage = 0, sql = 'CREATE VIEW sqlite_sequence AS SELECT 1 AS name, 2 AS seq' WHERE name = 'sqlite_sequence'"),
    'one more table': by_sql('CREATE TABLE evil (x TEXT)'), 'a table without ROWIDs': by_sql('CREATE TABLE evil (x TEXT PRIMARY KEY) WITHOUT ROWID'), 'a strict table': by_sql('CREATE TABLE evil (x TEXT) STRICT'),
    'a generated column': by_sql('ALTER TABLE {rows} ADD COLUMN evil TEXT GENERATED ALWAYS AS (name || name) VIRTUAL'), 'a foreign key': by_sql('ALTER TABLE {rows} ADD COLUMN evil TEXT REFERENCES incoming_sync(remote_id) ON DELETE CASCADE'),
    'a check': by_sql("ALTER TABLE {rows} ADD COLUMN evil TEXT CHECK (evil <> 'x')"), 'a collation': by_sql('ALTER TABLE {rows} ADD COLUMN evil TEXT COLLATE NOCASE'), 'a column that must not be NULL': by_sql("ALTER TABLE {rows} ADD COLUMN evil TEXT NOT NULL DEFAULT ''"),
    'an index on an expression': by_sql('CREATE INDEX evil ON {rows} (lower(name))'), 'a partial index': by_sql('CREATE INDEX evil ON {rows} (name) WHERE deleted = 0'), 'a unique index': by_sql('CREATE UNIQUE INDEX evil ON {rows} (name)'),
    'an index in reverse': by_sql('CREATE INDEX evil ON {rows} (name DESC)'), 'an index named like ours': by_sql('DROP INDEX ix_object_deleted_name' if False else 'CREATE INDEX ix_evil ON incoming_sync (sync_point)'),
    'no tables at all': by_sql("DELETE FROM sqlite_master"), 'no table of rows': by_sql('DROP TABLE {rows}'), 'no stat table': by_sql('DROP TABLE {stat}'), 'no row in the stat table': by_sql('DELETE FROM {stat}'),
    'two rows in the stat table': by_sql('INSERT INTO {stat} SELECT * FROM {stat}'), 'a schema that is no SQL': by_sql(in_schema('table', 'evil', 'evil', 2, 'not SQL')), 'a schema of blobs': by_sql(in_schema('table', 'evil', 'evil', 2, b'\x00\xff' * 100)),
    'a table at the first page': by_sql(in_schema('table', 'evil', 'evil', 1, 'CREATE TABLE evil (x)')), 'a table at no page': by_sql("UPDATE sqlite_master SET rootpage = 0 WHERE name = '{rows}'"), 'a table beyond the end': by_sql("UPDATE sqlite_master SET rootpage = 4000000 WHERE name = '{rows}'"),
    'a table at a negative page': by_sql("UPDATE sqlite_master SET rootpage = -5 WHERE name = '{rows}'"), 'two tables at one page': by_sql("UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'incoming_sync') WHERE name = 'outgoing_sync'"),
    'a type that is none': by_sql(in_schema('evil', 'evil', 'evil', 2, 'CREATE TABLE evil (x)')), 'an index without text': by_sql(in_schema('index', 'evil', '{rows}', 2, None)),
    'two tables of one name': by_sql("INSERT INTO sqlite_master SELECT * FROM sqlite_master WHERE name = '{rows}'"), '50,000 tables': by_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) INSERT INTO sqlite_master SELECT 'table', 't' || i, 't' || i, 2, 'CREATE TABLE t' || i || ' (x)' FROM n"),
    'a statement of 1 MB': by_sql(in_schema('table', 'evil', 'evil', 2, 'CREATE TABLE evil (x /*' + 'x' * 1_000_000 + '*/)')), 'a statement of 100 MB': by_sql(in_schema('table', 'evil', 'evil', 2, 'CREATE TABLE evil (x /*' + 'x' * 100_000_000 + '*/)')),
    '1,000 columns': by_sql(in_schema('table', 'evil', 'evil', 2, 'CREATE TABLE evil (' + ', '.join(f'c{i}' for i in range(1000)) + ')')), 'another account': by_sql("UPDATE {stat} SET account = 'b'"),
    'an account of NULL': by_sql('UPDATE {stat} SET account = NULL'), 'an account of 5 MB': by_sql("UPDATE {stat} SET account = printf('%.5000000c', 'a')"), 'an account with NUL': by_sql("UPDATE {stat} SET account = 'a' || char(0) || 'b'"),
    'another id': by_sql("UPDATE {stat} SET id = 'another'"), 'no id': by_sql('UPDATE {stat} SET id = NULL'), 'an id that is a path': by_sql("UPDATE {stat} SET id = '../peer-id'"),
    'a put in the future': by_sql(f"UPDATE {{stat}} SET put_timestamp = '{FUTURE}'"), 'a delete in the future': by_sql(f"UPDATE {{stat}} SET delete_timestamp = '{FUTURE}'"), 'a creation that is no time': by_sql("UPDATE {stat} SET created_at = 'x'"), 'a creation of bytes': by_sql("UPDATE {stat} SET created_at = x'00ff'"),
    'a status change in the future': by_sql(f"UPDATE {{stat}} SET status_changed_at = '{FUTURE}'"), 'metadata that are no JSON': by_sql("UPDATE {stat} SET metadata = '{nope'"), 'metadata that are a list': by_sql("UPDATE {stat} SET metadata = '[1]'"),
    'metadata of 2 MB': by_sql("UPDATE {stat} SET metadata = printf('%.2000000c', ' ')"), 'metadata of the future': by_sql(('UPDATE {stat} SET metadata = ?', ('{"X-A": ["b", "%s"]}' % FUTURE,))), 'metadata without end': by_sql("UPDATE {stat} SET metadata = printf('%.100000c', '[')"),
    'a row of the future': by_sql("INSERT INTO {rows} (name, {time}) VALUES ('evil', '%s')" % FUTURE), 'a row whose time is none': by_sql("INSERT INTO {rows} (name, {time}) VALUES ('evil', '!')"), 'a row whose time is bytes': by_sql("INSERT INTO {rows} (name, {time}) VALUES ('evil', x'31')"),
    'a row whose time is half one': by_sql("INSERT INTO {rows} (name, {time}) VALUES ('evil', '1700000000.00000+zz')"), 'a row without a name': by_sql("INSERT INTO {rows} (name, {time}) VALUES (NULL, '1700000000.00000')"), 'a row whose name is bytes': by_sql("INSERT INTO {rows} (name, {time}) VALUES (x'41', '1700000000.00000')"),
    'a row whose name is not UTF-8': by_sql("INSERT INTO {rows} (name, {time}) VALUES (CAST(x'ff41' AS TEXT), '1700000000.00000')"), 'a row whose name has 100 KB': by_sql("INSERT INTO {rows} (name, {time}) VALUES (printf('%.100000c', 'x'), '1700000000.00000')"),
    'a row whose name has 100 MB': by_sql("INSERT INTO {rows} (name, {time}) VALUES (printf('%.100000000c', 'x'), '1700000000.00000')"),
    '50,001 sync points': by_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50001) INSERT INTO incoming_sync (remote_id, sync_point) SELECT i, i FROM n"),
    'UTF-16': by_sql(("PRAGMA encoding = 'UTF-16'", ())) if False else by_bytes((56, big(2))), 'an auto-vacuum file': by_bytes((52, big(5))),
}
CONTAINERS = {
    'another container': by_sql("UPDATE {stat} SET container = 'd'"), 'no container': by_sql("UPDATE {stat} SET container = NULL"), 'the container of another account': by_sql("UPDATE {stat} SET account = 'a/c', container = ''"),
    'a unique name': table(', UNIQUE (name) ON CONFLICT IGNORE'), 'a default that takes a gigabyte': table(', evil TEXT DEFAULT (zeroblob(1000000000))'), 'rows without ROWIDs': table('', COLUMNS.replace('INTEGER PRIMARY KEY AUTOINCREMENT', 'INTEGER').replace('name TEXT', 'name TEXT PRIMARY KEY'), end=' WITHOUT ROWID'),
    'a table of another name': table('', kind='evil'), 'the view replaced': by_sql('DROP VIEW container_stat', "CREATE VIEW container_stat AS SELECT 'a' AS account, 'c' AS container"), 'the tables of an account': by_sql('CREATE TABLE account_stat (account TEXT)'),
    '50,001 shard ranges': by_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50001) INSERT INTO shard_range (name) SELECT 'a/' || i FROM n"),
}
BYTES = {
    'nothing': by_bytes(lambda data: bytearray(b'\0')[:0] or data.clear()), 'one byte': by_bytes(lambda data: data[:1]), 'a header and no more': by_bytes(lambda data: data[:100]), 'half a header': by_bytes(lambda data: data[:50]), 'half of it': by_bytes(lambda data: data[:len(data) // 2]),
    'the first page': by_bytes(lambda data: data[:4096]), 'zeros': by_bytes(lambda data: bytearray(65536)), 'a magic and zeros': by_bytes(lambda data: data[:16] + bytearray(65536)), 'noise': by_bytes(lambda data: bytearray(i * 7 % 251 for i in range(65536))),
    'a shell script': by_bytes(lambda data: bytearray(b'#!/bin/sh\ntouch /tmp/evil\n')), 'another magic': by_bytes((0, b'SQLite format 4\0')), 'a header in WAL mode': by_bytes((18, b'\2\2')), 'a header written in WAL mode': by_bytes((18, b'\2\1')), 'a header read in WAL mode': by_bytes((18, b'\1\2')),
    'a future format': by_bytes((18, b'\xff\xff')), 'pages of 0 bytes': by_bytes((16, b'\0\0')), 'pages of 256 bytes': by_bytes((16, b'\1\0')), 'pages of 4095 bytes': by_bytes((16, b'\x0f\xff')), 'pages of 64 KiB that are none': by_bytes((16, b'\0\1')), 'pages of 512 bytes that are none': by_bytes((16, b'\2\0')),
    'pages of 32 KiB that are none': by_bytes((16, b'\x80\0')), 'reserved bytes': by_bytes((20, b'\xff')), 'other fractions': by_bytes((21, b'\x80\x80\x80')), 'fewer pages than there are': by_bytes((28, big(3))), 'more pages than there are': by_bytes((28, big(4_000_000))), 'two billion pages': by_bytes((28, big(0x7fffffff))),
    'a freelist beyond the end': by_bytes((32, big(4_000_000))), 'a freelist at the first page': by_bytes((32, big(1))), 'a freelist that is a table': by_bytes((32, big(2))), 'a freelist of a billion pages': by_bytes((36, big(1_000_000_000))), 'an empty freelist with pages': by_bytes((36, big(0))),
    'schema format 9': by_bytes((44, big(9))), 'UTF-16be': by_bytes((56, big(3))), 'an encoding that is none': by_bytes((56, big(200))), 'a first page that is no table': by_bytes((100, b'\2')), 'a first page of 65535 cells': by_bytes((103, b'\xff\xff')), 'cells of the first page beyond it': by_bytes((105, b'\xff\xff')),
    'a first page of noise': by_bytes((100, b'\x5a' * 3996)), 'a first page that is its own child': by_bytes((100, b'\5\0\0\0\0\x0f\xff\0' + big(1))), 'all pages but the first zero': by_bytes(lambda data: data[:4096] + bytearray(len(data) - 4096)), 'all pages but the first noise': by_bytes(lambda data: data[:4096] + bytearray(b'\xa5') * (len(data) - 4096)),
    'a page of zeros': pages(3, 1, b'\0'), 'a page of ones': pages(4, 1, b'\xff'), 'rows on a page that is no table': in_rows(0, b'\x0a'), 'rows on an empty page type': in_rows(0, b'\0'), 'rows: 65535 cells': in_rows(3, b'\xff\xff'), 'rows: cells beyond the page': in_rows(12, b'\xff\xff' * 4), 'rows: a child beyond the end': in_rows(8, big(4_000_000)),
    'rows: a page that is its own child': in_rows(8, big(2)), 'rows: a free block that loops': in_rows(1, b'\0\1'), 'a sparse terabyte': sparse(1 << 40), 'a sparse terabyte of 512-byte pages': sparse(1 << 40, 512),
}
# SQLite makes nothing of what is odd about these.
KNOWN_GOOD = {'as it should be': by_bytes(), 'pages of 64 KiB': by_sql(page_size=65536), 'pages of 512 bytes': by_sql(page_size=512), 'all but a byte of a free page': by_bytes(lambda data: data[:-1]), 'schema format 0': by_bytes((44, big(0))), 'bytes behind the last page': by_bytes(lambda data: data + b'evil' * 100)}


def landed(world):
    return f'{world.tmp}/{PEER}'


def land(make, op, beside=()):
    def prepare(world):
        if op == 'complete_rsync':
            shutil.rmtree(world.folder())
        make(world.kind, landed(world))
        for name, data in beside:
            with open(f'{world.tmp}/{name}', 'wb') as out:
                out.write(data)
    return prepare


def rows_are_there(world):
    """The existing rows survive whatever was merged."""
    import contextlib
    import sqlite3
    with contextlib.closing(sqlite3.connect(world.path())) as connection:
        names = {row[0] for row in connection.execute(f"SELECT name FROM {'container' if world.kind == 'account' else 'object'} WHERE deleted = 0")}
        fine = connection.execute('PRAGMA integrity_check').fetchone()[0]
    missing = {'o0', 'o1', 'o2'} - names
    return f'rows are lost: {missing}' if missing else '' if fine == 'ok' else fine


def untouched(name, data):
    def check(world):
        with open(f'{world.tmp}/{name}', 'rb') as file:
            return '' if file.read() == data else f'{name} was written to'
    return check


def cases(kind):
    wrong = {**SQL, **(CONTAINERS if kind == 'container' else {}), **BYTES}
    for op in ('complete_rsync', 'rsync_then_merge'):
        for name, make in wrong.items():
            yield Case(f'{op}: {name}', [op, PEER], 400, prepare=land(make, op))
        for name, make in KNOWN_GOOD.items():
            yield Case(f'{op}: {name}', [op, PEER], 204, prepare=land(make, op), lines=0, check=rows_are_there if op == 'rsync_then_merge' else None)
        for seed in range(20):
            yield Case(f'{op}: noise {seed}', [op, PEER], (204, 400), prepare=land(noise(seed), op), lines=None)
        for suffix in ('-journal', '-wal', '-shm'):
            # SQLite would play it back into the file, or into another one that it names.
            journal = b'\xd9\xd5\x05\xf9\x20\xa1\x63\xd7' + b'\0\0\0\1' * 5 + bytes(4096) + os.fsencode('/outside/victim.db')
            yield Case(f'{op}: with a foreign {suffix}', [op, PEER], 204, prepare=land(by_bytes(), op, [(PEER + suffix, journal)]), lines=0,
                       check=untouched(PEER + suffix, journal))
    yield Case('complete_rsync: the file of the other kind', ['complete_rsync', PEER], 400, prepare=land(
        lambda kind, path: by_bytes()('account' if kind == 'container' else 'container', path), 'complete_rsync'))
    yield Case('complete_rsync: a second name for the file', ['complete_rsync', PEER], 400, prepare=lambda world: (
        land(by_bytes(), 'complete_rsync')(world), os.link(landed(world), f'{world.tmp}/second')))
    yield Case('complete_rsync: an existing database linked', ['rsync_then_merge', PEER], 400, prepare=lambda world: os.link(world.path(), landed(world)))
