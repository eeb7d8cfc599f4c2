"""db-info: the values that Swift's swift-container-info and swift-account-info show, help, errors, exit codes; and that it
neither writes nor waits."""
import contextlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

from interop import swift_env
from interop.broker import histories, legacy_schemas
from interop.broker.swift_hand import SwiftHand, open_broker
from swift.cli import info as swift_info
from swift.common import utils
from swift.common.ring import RingBuilder

# Lines that both print, with the same value.
SHARED = ['Path', 'Account', 'Container', 'Deleted', 'Container Hash', 'Account Hash', 'Created at', 'Put Timestamp', 'Delete Timestamp',
          'Status Timestamp', 'Container Count', 'Object Count', 'Bytes Used', 'Storage Policy', 'Reported Put Timestamp',
          'Reported Delete Timestamp', 'Reported Object Count', 'Reported Bytes Used', 'Chexor', 'UUID', 'Type', 'State',
          'X-Container-Sync-Point1', 'X-Container-Sync-Point2', 'Partition', 'Hash']


def run(*arguments):
    done = subprocess.run([swift_env.program('db-info')] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return done.returncode, done.stdout, done.stderr


def expect(condition, what):
    if not condition:
        sys.exit('FAILED: %s' % (what,))


def values(text):
    """Label -> value of the lines "label: value" (or label, tab, value) that both programs print."""
    found = {}
    for line in text.splitlines():
        match = re.match(r'\s*([^:\t]+?)\s*(?:: |\t)(.*)$', line)
        if match and match.group(1) in SHARED:
            found.setdefault(match.group(1), match.group(2))
    return found


def swift_text(kind, path, swift_dir):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        swift_info.print_info(kind, path, swift_dir=swift_dir)
    return out.getvalue()


def make_cluster(root):
    """A swift.conf and rings; Swift's module is told the same prefix and suffix."""
    with open(os.path.join(root, 'swift.conf'), 'w') as conf:
        conf.write('[swift-hash]\nswift_hash_path_prefix = pre\nswift_hash_path_suffix = suf\n')
    utils.HASH_PATH_PREFIX, utils.HASH_PATH_SUFFIX = b'pre', b'suf'
    builder = RingBuilder(4, 2, 1)
    for number in range(4):
        builder.add_dev({'region': 1, 'zone': number, 'ip': '10.0.0.%d' % number, 'port': 6201, 'device': 'sd%d' % number, 'weight': 1.0})
    builder.rebalance(seed=1)
    for kind in ('account', 'container'):
        builder.get_ring().save(os.path.join(root, kind + '.ring.gz'))


def make_database(root, seed, kind, start):
    history = histories.make(seed, kind, start)
    folder = os.path.join(root, 'sda1', kind + 's', '5', 'abc', 'f' * 29 + 'abc')
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    path = os.path.join(folder, 'f' * 29 + 'abc.db')
    if start != 'new':
        legacy_schemas.create(path, history)
    for step in history['steps']:
        SwiftHand().run(history, path, step)
    return history, path


def tree(folder):
    """Every file's content and modification time: what reading must leave alone."""
    found = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), 'rb') as file:
            found[name] = (file.read(), os.stat(file.fileno()).st_mtime_ns)
    return found


def check_values(root, seed):
    for number in range(24):
        kind, start = (legacy_schemas.ALL + [('container', 'new'), ('account', 'new')] * 5)[number]
        history, path = make_database(root, '%s-%d' % (seed, number), kind, start)
        before = tree(os.path.dirname(path))
        code, text, errors = run(path, '--swift-dir', root)
        expect(code == 0, (path, errors))
        code, as_json, errors = run(path, '--swift-dir', root, '--json')
        expect(code == 0, errors)
        expect(tree(os.path.dirname(path)) == before, 'reading changed the folder of %s' % start)
        facts = json.loads(as_json)
        expect(facts['pending_bytes'] == len(before.get(os.path.basename(path) + '.pending', (b'',))[0]), 'pending bytes')
        pending = path + '.pending'
        if os.path.exists(pending):
            os.unlink(pending)  # Swift's tool would commit it
        check_against_swift(history, path, root, text, facts)


def check_against_swift(history, path, root, text, facts):
    kind = history['kind']
    broker = open_broker(history, path)
    if '\x00' not in str(history['container']) and '\n' not in str(history['container']):
        expected, found = values(swift_text(kind, path, root)), values(text)
        expected.pop('Policy Stats', None)
        expect({label: found.get(label) for label in expected} ==
               {label: value.replace('None', '0') if 'Count' in label or 'Bytes' in label else value
                for label, value in expected.items()}, ('shown', expected, found))
    wanted = broker.get_replication_info()
    for name, value in wanted.items():
        if name != 'metadata':
            expect(facts[name] == (0 if value is None else value), (name, value, facts[name]))
    metadata = {name: list(value) for part in ('system', 'user', 'other') for name, value in facts['metadata'][part].items()}
    expect(metadata == broker.metadata, ('metadata', metadata, broker.metadata))
    expect(facts['incoming_sync'] == broker.get_syncs() and facts['outgoing_sync'] == broker.get_syncs(False), 'sync points')
    expect(facts['is_deleted'] == broker.is_deleted(), 'is_deleted')
    if kind == 'container':
        expect(facts['shard_ranges'] == [json.loads(json.dumps(dict(found), default=str)) for found in broker.get_shard_ranges()] and
               facts['is_root'] == broker.is_root_container(), 'sharding')
    expect(len(facts['locations']['primaries']) == 2 and facts['locations']['hash'] == facts['path_hash'], 'locations')


def check_reading_beside_a_writer(root, seed):
    _, path = make_database(root, '%s-locked' % seed, 'container', 'new')
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute('BEGIN IMMEDIATE')
    code, text, errors = run(path)
    expect(code == 0 and 'Chexor: ' in text and 'unknown without swift.conf' in text or os.path.exists('/etc/swift/swift.conf'), errors)
    writer.execute('ROLLBACK')
    writer.close()


def check_errors(root):
    path = os.path.join(root, 'x.db')
    code, text, errors = run('--help')
    expect(code == 0 and 'usage: db-info FILE' in text and '--json' in text and '/etc/swift' in text and errors == '', text)
    for arguments, code, words in [
            ([], 2, 'name one database file'), (['a', 'b'], 2, 'name one database file'), (['--nonsense'], 2, 'nonsense'),
            ([path], 1, 'x.db'), ([root], 1, root)]:
        got = run(*arguments)
        expect(got[0] == code and words in got[2] and got[2].startswith('db-info: error: ') and got[1] == '', (arguments, got))
    expect(not os.path.exists(path), 'a missing file was created')
    with open(path, 'wb') as file:
        file.write(b'no database ' * 1000)
    code, _, errors = run(path)
    expect(code == 1 and path in errors, errors)
    os.unlink(path)
    sqlite3.connect(path).execute('CREATE TABLE something (x)').connection.commit()
    code, _, errors = run(path)
    expect(code == 2 and 'neither an account nor a container' in errors, errors)


def main():
    seed = swift_env.seed()
    root = tempfile.mkdtemp(prefix='dbrepl-db-info-')
    make_cluster(root)
    check_values(root, seed)
    check_reading_beside_a_writer(root, seed)
    check_errors(root)
    shutil.rmtree(root)
    print('24 databases of all ages: the values of Swift\'s tools; nothing written')


if __name__ == '__main__':
    main()
