"""Bad databases and pending files: every call answers or refuses in words, none crashes, nothing is created or lost.

No database, bytes turned at random, missing tables, columns of other types, metadata that is no JSON, absurd timestamps,
pending entries that claim gigabytes. Environment: DBREPL_SEED, DBREPL_DAMAGES (default 300 damaged files).
"""
import base64
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile

from interop import swift_env
from interop.broker import histories
from interop.broker.our_hand import OurHand
from interop.broker.swift_hand import SwiftHand

NOW = 1700000300.0
DAEMON = [('replication_info', {}), ('items_since', {'start': -1, 'count': 100}), ('get_syncs', {'incoming': True}), ('metadata', {}),
          ('is_deleted', {}), ('empty', {}), ('policy_stats', {'migrate': False}), ('reclaim', {'age': 1700000050.0, 'sync_age': 5.0}),
          ('update_metadata', {'metadata': {'X-Meta': ['v', '1800000000.00000']}}),
          ('merge_timestamps', {'created_at': '1', 'put_timestamp': '2', 'delete_timestamp': '3'}), ('newid', {'remote_id': 'r'}),
          ('delete_db', {'timestamp': '1800000000.00000'})]
CONTAINER = [('all_shard_range_data', {}), ('db_state', {}), ('own_shard_range', {}), ('is_root_container', {}),
             ('set_storage_policy_index', {'policy': 1, 'timestamp': '1800000000.00000'}), ('misplaced_since', {'start': -1, 'count': 10}),
             ('sharding_required', {})]


class Bench:
    """A folder, our hand and a history's database in it."""

    def __init__(self, seed):
        self.choose = random.Random(seed)
        self.root = tempfile.mkdtemp(prefix='dbrepl-bad-', dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)
        self.ours = OurHand()
        self.path = os.path.join(self.root, 'sda1', 'x', '5', 'abc', 'f' * 29 + 'abc', 'f' * 29 + 'abc.db')

    def make(self, number, kind):
        shutil.rmtree(os.path.join(self.root, 'sda1'), ignore_errors=True)
        history = histories.make('bad-%d' % number, kind)
        for step in history['steps']:
            if step['op'] != 'set_sharded_state':  # which would leave only the file with an epoch
                SwiftHand().run(history, self.path, step)
        return history

    def try_all(self, history):
        """Every operation once, in random order; the texts of the refusals. A crash of the probe ends the test."""
        rows = [histories.Generator(self.choose.random(), history['kind']).row(True) for _ in range(3)]
        operations = DAEMON + [('merge_items', {'items': rows, 'source': 'peer'})] + (CONTAINER if history['kind'] == 'container' else [])
        refusals = []
        for op, arguments in self.choose.sample(operations, len(operations)):
            answer = self.ours.run(history, self.path, dict(arguments, op=op, now=NOW))
            if 'error' in answer:
                refusals.append(answer['error'])
        return refusals

    def program(self):
        """db-info on the file: an answer or an error line, no signal."""
        done = subprocess.run([swift_env.program('db-info'), self.path, '--json'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode not in (0, 1, 2) or (done.returncode and b'db-info: error: ' not in done.stderr):
            sys.exit('db-info ended with %s: %r' % (done.returncode, done.stderr))


def expect_words(refusals, needed, place):
    if needed and not refusals:
        sys.exit('FAILED: nothing was refused (%s)' % place)
    for text in refusals:
        code, _, message = text.partition(': ')
        if not message or code not in ('bad_input', 'corrupt', 'io', 'not_found', 'busy', 'exists', 'no_space'):
            sys.exit('FAILED: an error without code or words: %r (%s)' % (text, place))


def whole_files(bench):
    for content, name in ((b'', 'empty'), (b'no database at all ' * 500, 'text'), (os.urandom(8192), 'random'),
                          (b'SQLite format 3\x00' + b'\xff' * 4096, 'a good beginning')):
        for kind in ('container', 'account'):
            history = bench.make(1, kind)
            with open(bench.path, 'wb') as file:
                file.write(content)
            refusals = bench.try_all(history)
            expect_words(refusals, True, name)
            if not all(bench.path in text for text in refusals if text.startswith('corrupt')):
                sys.exit('FAILED: corrupt without the path: %s' % refusals)
            bench.program()
            if not os.path.exists(bench.path):
                sys.exit('FAILED: the file (%s) was deleted' % name)
    os.unlink(bench.path)
    expect_words([bench.ours.run(history, bench.path, {'op': 'max_row', 'now': NOW}).get('error', '')], True, 'missing')
    if os.path.exists(bench.path):
        sys.exit('FAILED: a missing database was created')


def turned_bytes(bench, damages):
    refused = 0
    for number in range(damages):
        history = bench.make(number, bench.choose.choice(['container', 'account']))
        size = os.path.getsize(bench.path)
        with open(bench.path, 'r+b') as file:
            for _ in range(bench.choose.choice([1, 5, 50, 500])):
                file.seek(bench.choose.randrange(bench.choose.choice([100, 4096, size])))
                file.write(bytes([bench.choose.randrange(256)]))
            if bench.choose.random() < 0.1:
                file.truncate(bench.choose.randrange(size))
        refusals = bench.try_all(history)
        expect_words(refusals, False, 'damage %d' % number)
        refused += bool(refusals)
        if number % 10 == 0:
            bench.program()
    if refused < damages / 4:
        sys.exit('FAILED: only %d of %d damaged files were refused by any call' % (refused, damages))
    return refused


ODD_VALUES = ["'text'", "x'ff00'", 'NULL', '1.5', '-1', '9223372036854775807', "''", "'{not json'", "'[1, 2]'", "'{\"a\": 5}'",
              "CAST(x'ff' AS TEXT)", "'99999999999.00000'", "'nan'", "'-5'", "'1700000000.00000+zz'", "'1_1_1'"]


def odd_tables(bench):
    """Missing tables and columns of other types, one at a time."""
    for kind in ('container', 'account'):
        bench.make(3, kind)
        connection = sqlite3.connect(bench.path)
        tables = [name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
        columns = [(table, row[1]) for table in tables for row in connection.execute("PRAGMA table_info('%s')" % table)]
        connection.close()
        changes = ['DROP TABLE %s' % table for table in tables]
        changes += ['DELETE FROM %s' % table for table in ('container_info' if kind == 'container' else 'account_stat', 'policy_stat')]
        changes += ['UPDATE %s SET "%s" = %s' % (table, column, value) for table, column in columns for value in
                    bench.choose.sample(ODD_VALUES, 3)]
        for change in changes:
            history = bench.make(3, kind)
            connection = sqlite3.connect(bench.path)
            for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%update%'").fetchall():
                connection.execute('DROP TRIGGER ' + name)
            try:
                connection.execute(change)
                connection.commit()
            except sqlite3.DatabaseError:
                pass  # a constraint forbids this one
            connection.close()
            expect_words(bench.try_all(history), change.startswith('DROP TABLE object'), change)
            bench.program()


def odd_pending(bench):
    """Entries that claim more than they have, nest deeply, execute code or are no pickles; good ones between them count."""
    good = b':' + base64.b64encode(b'\x80\x02(X\x04\x00\x00\x00goodX\x10\x00\x00\x001700000299.00000K\x01X\x03\x00\x00\x00a/bX\x01\x00\x00\x00eK\x00t.')
    claims = [b'\x80\x02(X' + struct.pack('<I', 2 ** 31 - 1) + b'abct.', b'\x80\x02X' + struct.pack('<I', 2 ** 32 - 1), b'\x80\x02T\xff\xff\xff\x7fx.',
              b'\x80\x02' + b'(' * 100000 + b't.', b'\x80\x02\x8b\xff\xff\xff\x7f.', b'\x80\x02cos\nsystem\n(S\'touch /tmp/dbrepl-owned\'\ntR.',
              b'\x80\x02(h\xfft.', b'\x80\x02(r\xff\xff\xff\x7f', b'\x80\x02N' + b'\x85' * 50000 + b'.', b'.', b'\x80\x02t.', b'\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.']
    claims += [bytes(bench.choose.randrange(256) for _ in range(bench.choose.randrange(60))) for _ in range(200)]
    history = bench.make(5, 'container')
    with open(bench.path + '.pending', 'wb') as pending:
        for claim in claims:
            pending.write(b':' + base64.b64encode(claim))
        pending.write(good + b':' + b'A' * 3000000)
    answer = bench.ours.run(history, bench.path, {'op': 'items_since', 'now': NOW, 'start': -1, 'count': 10000})
    if 'good' not in [row['name'] for row in answer.get('result', [])]:
        sys.exit('FAILED: the good entry between bad ones is not there: %s' % str(answer)[:300])
    if os.path.exists('/tmp/dbrepl-owned') or os.path.getsize(bench.path + '.pending'):
        sys.exit('FAILED: an entry was executed, or the pending file was not emptied')


def main():
    seed = swift_env.seed()
    damages = int(os.environ.get('DBREPL_DAMAGES') or 300)
    bench = Bench(seed)
    whole_files(bench)
    refused = turned_bytes(bench, damages)
    odd_tables(bench)
    odd_pending(bench)
    bench.ours.close()
    shutil.rmtree(bench.root)
    print('%d damaged databases (%d refused by some call), odd tables and pending files: no crash' % (damages, refused))


if __name__ == '__main__':
    main()
