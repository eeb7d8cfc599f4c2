"""The databases of a transcript made again as they were, and databases written down as transcripts have them."""
import base64
import contextlib
import os
import pickle
import shutil
import sqlite3
from array import array

from swift.account.backend import AccountBroker
from swift.common.db import get_db_connection
from swift.common.ring import RingData
from swift.container.backend import ContainerBroker

from interop.server.recorded import HASH_PREFIX, HASH_SUFFIX, PART_POWER

# Databases are synced at every turn; what that costs on a disk is not the question here.
FOLDER = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
SWIFT_CONF = f'''[swift-hash]
swift_hash_path_prefix = {HASH_PREFIX}
swift_hash_path_suffix = {HASH_SUFFIX}
[storage-policy:0]
name = zero
default = yes
[storage-policy:1]
name = one
'''
NODES = (1, 2, 3, 4)
TABLES = {'container': ('container_info', 'policy_stat', 'incoming_sync', 'outgoing_sync', 'object', 'sqlite_sequence',
                        'shard_range'),
          'account': ('account_stat', 'policy_stat', 'incoming_sync', 'outgoing_sync', 'container', 'sqlite_sequence')}


def broker_of(kind, path, stat):
    if kind == 'container':
        return ContainerBroker(path, account=stat['account'], container=stat['container'])
    return AccountBroker(path, account=stat['account'])


def build(transcript, root):
    """<root>/node1 ... node4 with everything that the recording began with."""
    before = transcript.before
    for node in NODES:
        os.makedirs(f'{root}/node{node}')
    for database in before['dbs']:
        path = os.path.join(root, database['db'])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if 'error' in database:
            with open(path, 'wb') as garbage:
                garbage.write(b'garbage ' * 6656)
        else:
            fill(transcript.kind, path, database)
    for name, mode, size in before['tree']:
        path = os.path.join(root, name)
        if name.endswith('/'):
            os.makedirs(path, exist_ok=True)
            continue
        if not os.path.exists(path) or name.endswith('.pending'):
            with open(path, 'wb') as file:
                file.write(pending_entry(transcript, name) if size else b'')
        os.chmod(path, int(mode, 8) & 0o7777)
    if transcript.about['name'] == 'corrupt':
        lose_view(transcript, root)


def fill(kind, path, database):
    stat_table = TABLES[kind][0]
    stat = database[stat_table][0]
    broker_of(kind, path, stat).initialize(stat['put_timestamp'], *([0] if kind == 'container' else []))
    with contextlib.closing(get_db_connection(path)) as connection:
        # The rows first: their triggers change what follows.
        for table in sorted(TABLES[kind], key=lambda name: name not in ('object', 'container')):
            rows = database.get(table, [])
            if table == stat_table:
                columns = ', '.join(f'{column} = ?' for column in stat)
                connection.execute(f'UPDATE {table} SET {columns}', list(stat.values()))
                continue
            connection.execute(f'DELETE FROM {table}')
            for row in rows:
                connection.execute(f'INSERT INTO {table} ({", ".join(row)}) VALUES ({", ".join("?" * len(row))})',
                                   list(row.values()))
        connection.commit()


def pending_entry(transcript, name):
    """What the recording's maker had put there; it shows in the databases afterwards."""
    node = int(name[4])
    number, database = next((number, database) for number, database in enumerate(transcript.about['databases'])
                            if database['dir'] in name)
    row = (f'pending-{database["primaries"].index(node)}-{number}', '1795221752.00000', 7, 'text/plain', 'd' * 32, 0, 0,
           None, None)
    return b':' + base64.b64encode(pickle.dumps(row, protocol=2))


def lose_view(transcript, root):
    database = transcript.about['databases'][0]
    node = database['primaries'][1]
    path = next(each['db'] for each in transcript.before['dbs'] if each['db'].startswith(f'node{node}/'))
    with contextlib.closing(sqlite3.connect(os.path.join(root, path))) as connection:
        connection.execute('DROP VIEW container_stat')


def copy(root, to):
    """Replaces what is below <to>/node1 ... node4."""
    for node in NODES:
        shutil.rmtree(f'{to}/node{node}', ignore_errors=True)
        shutil.copytree(f'{root}/node{node}', f'{to}/node{node}')


def tree(root):
    """[path, mode, size], a folder only where it is empty."""
    found = []
    for node in NODES:
        for folder, folders, files in os.walk(f'{root}/node{node}'):
            names = [name + '/' for name in folders if not os.listdir(os.path.join(folder, name))] + files
            for name in names + ([''] if folder == f'{root}/node{node}' and not folders and not files else []):
                path = os.path.join(folder, name)
                status = os.lstat(path)
                found.append([os.path.relpath(path, root) + ('/' if path.endswith('/') else ''), oct(status.st_mode)[2:],
                              None if path.endswith('/') else status.st_size])
    return sorted(found)


def dump(kind, root):
    """Each database below the devices, as transcripts write them down."""
    found = []
    for name, _, _ in tree(root):
        if name.endswith('.db'):
            found.append({'db': name, **contents(kind, os.path.join(root, name))})
    return found


def contents(kind, path):
    try:
        with contextlib.closing(sqlite3.connect(f'file:{path}?mode=ro', uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return {table: [dict(row) for row in connection.execute(f'SELECT * FROM {table}')]
                    for table in TABLES[kind] if table in tables}
    except sqlite3.DatabaseError as error:
        return {'error': str(error)}


def write_ring(transcript, path, ports):
    """A ring that gives each database of the transcript to the same nodes; `ports` by node are (port, replication port)."""
    devices = [{'id': node - 1, 'region': 1, 'zone': node, 'weight': 100.0, 'ip': '127.0.0.1', 'port': ports[node][0],
                'replication_ip': '127.0.0.1', 'replication_port': ports[node][1], 'device': f'sd{node}', 'meta': ''}
               for node in NODES]
    table = [array('H', [(replica + part) % len(NODES) for part in range(2 ** PART_POWER)]) for replica in range(3)]
    for database in transcript.about['databases']:
        for replica, node in enumerate(database['primaries']):
            table[replica][database['part']] = node - 1
    RingData(table, devices, 32 - PART_POWER).save(path)
