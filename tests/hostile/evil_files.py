"""Database files as a hostile peer may leave them in tmp: made by Swift's brokers under the peer's id, then spoilt by SQL or
byte for byte."""
import contextlib
import os
import random
import shutil
import sqlite3
import struct
import tempfile

from hostile.node import PEER, make_broker
from swift.common.utils import Timestamp

FRESH = {}  # kind -> bytes


def fresh(kind):
    """A good file of the target, with rows of its own."""
    if kind not in FRESH:
        folder = tempfile.mkdtemp(prefix='dbrepl-evil.')
        broker = make_broker(kind, f'{folder}/x.db')
        if kind == 'account':
            broker.initialize(Timestamp(1700000000).internal)
        else:
            broker.initialize(Timestamp(1700000000).internal, 0)
        time, rows = Timestamp(1700000050).internal, []
        for i in range(60):
            row = {'name': f'peer{i:03}' + 'x' * 60, 'deleted': 0, 'storage_policy_index': 0}
            rows.append(dict(row, put_timestamp=time, delete_timestamp='0', object_count=1, bytes_used=1) if kind == 'account'
                        else dict(row, created_at=time, size=1, content_type='t', etag='e'))
        broker.merge_items(rows)
        with broker.get() as connection:
            connection.execute(f'UPDATE {stat_table(kind)} SET id = ?', (PEER,))
            connection.execute('CREATE TABLE freed (x)')
            connection.execute('INSERT INTO freed VALUES (zeroblob(20000))')
            connection.execute('DROP TABLE freed')  # leaves free pages
            connection.commit()
        broker.conn.close()
        with open(f'{folder}/x.db', 'rb') as file:
            FRESH[kind] = file.read()
        shutil.rmtree(folder)
    return FRESH[kind]


def stat_table(kind):
    return 'account_stat' if kind == 'account' else 'container_info'


def row_table(kind):
    return 'container' if kind == 'account' else 'object'


def time_column(kind):
    return 'put_timestamp' if kind == 'account' else 'created_at'


def by_sql(*statements, page_size=None):
    """{rows}, {time} and {stat} stand for the kind's tables and column."""
    def make(kind, path):
        with open(path, 'wb') as out:
            out.write(fresh(kind))
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.create_function('chexor', 3, lambda *_: '0' * 32)
            connection.execute('PRAGMA journal_mode = MEMORY')
            if page_size:
                connection.execute(f'PRAGMA page_size = {page_size}')
                connection.execute('VACUUM')
            connection.execute('BEGIN')
            connection.execute('PRAGMA writable_schema = ON')
            triggers = []
            if str(statements[:1]).startswith(('("INSERT INTO {rows}', "('INSERT INTO {rows}")):  # SQLite's Python cannot pass odd values to functions
                triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
                for name, _ in triggers:
                    connection.execute(f'DROP TRIGGER {name}')
            for statement in statements:
                sql, values = statement if isinstance(statement, tuple) else (statement, ())
                connection.execute(sql.replace('{rows}', row_table(kind)).replace('{time}', time_column(kind))
                                   .replace('{stat}', stat_table(kind)), values)
            for _, sql in triggers:
                connection.execute(sql)
            connection.execute('COMMIT')
    return make


def in_schema(type_, name, table, rootpage, sql):
    return ('INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES (?, ?, ?, ?, ?)', (type_, name, table, rootpage, sql))


def instead_of_table(sql):
    """The text of the table of rows replaced."""
    return ("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name IN ('object', 'container')", (sql,))


def by_bytes(*patches):
    """Each a function of the file's bytearray, or (offset, bytes)."""
    def make(kind, path):
        data = bytearray(fresh(kind))
        for patch in patches:
            if callable(patch):
                data = patch(data) or data
            else:
                data[patch[0]:patch[0] + len(patch[1])] = patch[1]
        with open(path, 'wb') as out:
            out.write(data)
    return make


def page_of_rows(kind):
    with tempfile.NamedTemporaryFile() as file:
        file.write(fresh(kind))
        file.flush()
        with contextlib.closing(sqlite3.connect(file.name)) as connection:
            return connection.execute('SELECT rootpage FROM sqlite_master WHERE name = ?', (row_table(kind),)).fetchone()[0]


def in_rows(offset, value):
    """Bytes within the root page of the table of rows."""
    def make(kind, path):
        by_bytes(((page_of_rows(kind) - 1) * 4096 + offset, value))(kind, path)
    return make


def pages(first, count, value):
    def patch(data):
        data[(first - 1) * 4096:(first - 1 + count) * 4096] = value * (count * 4096 // len(value))
    return by_bytes(patch)


def sparse(size, page_size=None):
    def make(kind, path):
        (by_sql(page_size=page_size) if page_size else by_bytes())(kind, path)
        os.truncate(path, size)
    return make


def noise(seed):
    """Random bytes over a good file, the same for a seed."""
    def patch(data):
        generator = random.Random(seed)
        for _ in range(1 + seed % 40):
            data[generator.randrange(100, len(data))] = generator.randrange(256)
    return by_bytes(patch)


def big(value):
    return struct.pack('>I', value)
