"""What is on the devices of a cluster, in a form in which two clusters that began with the same world can be compared."""
import json
import os
import re
import sqlite3
import time

from cluster.processes import in_child
from cluster.world import NODES, database_files, database_id

# Columns that tell when or under which name something was done here.
OWN_COLUMNS = {'id', 'status_changed_at'}
BEGUN = time.time()
TABLES = ('object', 'container', 'policy_stat', 'shard_range')


def snapshot(cluster, names=None):
    """{name: {file as node and path: its contents}}"""
    ids = {**cluster.world.ids}
    files = database_files(cluster.root)
    for path in files:
        ids.setdefault(database_id(path), f'new on node{node_of(cluster, path)}')
    found = {name: {} for name in names or cluster.world.places}
    by_hash = {cluster.world.places[name].hash: name for name in found}
    for path in files:
        name = by_hash.get(os.path.basename(os.path.dirname(path)))
        if name:
            found[name][where(cluster, path)] = contents(path, ids)
    return found


def where(cluster, path):
    """node2, or node2/partition for a database that is not where it belongs; with the epoch of a sharding one."""
    partition, _, digest, file = path.split('/')[-4:]
    place = next((place for place in cluster.world.places.values() if place.hash == digest), None)
    parts = [f'node{node_of(cluster, path)}']
    parts += [partition] if place and str(place.partition) != partition else []
    parts += [file[len(digest) + 1:-len('.db')]] if '_' in file else []
    return '/'.join(parts)


def node_of(cluster, path):
    return int(path[len(cluster.root) + len('/node'):].split('/')[0])


def contents(path, ids):
    connection = sqlite3.connect(f'file:{path}?mode=ro', uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return read(connection, path, ids)
    except sqlite3.DatabaseError as error:
        return {'unreadable': str(error)}
    finally:
        connection.close()


def read(connection, path, ids):
    tables = {name for name, in connection.execute('SELECT name FROM sqlite_master WHERE type = "table"')}
    info = dict(connection.execute(
        f'SELECT * FROM {"account_stat" if "/accounts/" in path else "container_info"}').fetchone())
    here = info['id']
    found = {'stat': {key: now_is_now(value) for key, value in info.items() if key not in OWN_COLUMNS | {'metadata'}},
             'metadata': json.loads(info['metadata'] or '{}'), 'status': info['status']}
    # Accounts: only whom it has followed. Swift gives rows that it leaves as they are new ROWIDs, ours do not.
    found['received'] = ids[here].startswith('new')
    found['points'] = {table: sorted((str(ids.get(row['remote_id'], 'gone')),
                                      row['sync_point'] if 'object' in tables else 'some')
                                     for row in connection.execute(f'SELECT * FROM {table}') if row['remote_id'] != here)
                       for table in ('incoming_sync', 'outgoing_sync')}
    for table in TABLES:
        if table in tables:
            found[table] = sorted(tuple(row) for row in connection.execute(
                f'SELECT {", ".join(columns(connection, table))} FROM {table}'))
    pending = f'{path}.pending'
    found['pending'] = os.path.getsize(pending) if os.path.exists(pending) else 0
    found['check'] = connection.execute('PRAGMA integrity_check').fetchone()[0]
    return found


def now_is_now(value):
    """Times after the beginning of the test all look alike."""
    return 'now' if isinstance(value, str) and re.fullmatch(r'\d{10}\.\d{5}', value) and float(value) > BEGUN else value


def columns(connection, table):
    return [f'"{row["name"]}"' for row in connection.execute(f'PRAGMA table_info({table})') if row['name'] != 'ROWID']


def tree(cluster):
    """Every file and empty folder on the devices, without what has a name of its own: locks, and what tmp holds."""
    found = []
    for node in NODES:
        device = f'{cluster.root}/node{node}'
        for folder, folders, files in os.walk(device):
            name = os.path.relpath(folder, device)
            if not folders and not files:
                found.append(f'node{node}/{name}/')
            for file in files:
                if file != '.lock':
                    found.append(f'node{node}/{name}/{file}{target(cluster, folder, file)}')
    found = [re.sub(r'/tmp/[0-9a-f]{8}-[^/]*$', '/tmp/ID', line) for line in found]
    return sorted(re.sub(r'(quarantined/\w+/[0-9a-f]{32})-[0-9a-f]{32}', r'\1-again', line) for line in found)


def target(cluster, folder, file):
    path = os.path.join(folder, file)
    return ' -> ' + os.readlink(path).replace(cluster.root, 'ROOT') if os.path.islink(path) else ''


def swift_opens_all(cluster):
    """What Swift's brokers make of every database: [(path, hash, count, max_row)], or the test ends."""
    def look():
        seen = []
        for path in database_files(cluster.root):
            place = next((place for place in cluster.world.places.values() if place.hash in path), None)
            if place:
                info = place.broker(path).get_replication_info()
                seen.append((where(cluster, path), place.name, info['hash'], info['count'], info['max_row']))
        return seen
    return in_child(look)
