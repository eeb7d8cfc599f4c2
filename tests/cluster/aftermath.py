"""What must be found on the devices of a cluster when the fire is over."""
import contextlib
import os
import sqlite3
import time

from cluster.ledger import NOTHING
from cluster.world import NODES, database_files

MAX_ROUNDS = 10
RECLAIM_AGE = 7 * 86400
QUERIES = {
    'container': ('SELECT name, CASE deleted WHEN 0 THEN created_at ELSE "0" END, CASE deleted WHEN 0 THEN "0" ELSE '
                  'created_at END, deleted FROM object', 'SELECT put_timestamp, delete_timestamp, hash FROM container_info'),
    'account': ('SELECT name, put_timestamp, delete_timestamp, deleted FROM container',
                'SELECT put_timestamp, delete_timestamp, hash FROM account_stat')}


class Replica:
    """What one file holds."""

    def __init__(self, kind, path):
        rows, info = QUERIES[kind]
        with contextlib.closing(sqlite3.connect(path, timeout=60)) as connection:
            self.check = connection.execute('PRAGMA quick_check').fetchone()[0]
            self.rows = {name: rest for name, *rest in connection.execute(rows)}
            self.put, self.deleted, self.hash = connection.execute(info).fetchone()

    def contents(self):
        return self.rows, self.put, self.deleted, self.hash


def settle(cluster, ledger, places):
    """Passes of all nodes until every database is as it must be; their number. Fails when it takes too many."""
    for number in range(1, MAX_ROUNDS + 1):
        cluster.replicate_all()
        found = problems(cluster, ledger, places)
        if not found:
            return number
    raise AssertionError(f'not as it must be after {MAX_ROUNDS} passes: ' + '\n'.join(found[:20] + cluster.take_logs()[-40:]))


def problems(cluster, ledger, places):
    """[what is not as it must be]"""
    replicas = {}
    for path in database_files(cluster.root):
        digest = os.path.basename(os.path.dirname(path))
        node = int(path[len(cluster.root) + len('/node'):].split('/')[0])
        replicas.setdefault(digest, {})[node] = path
    return [problem for place in places for problem in problems_of(cluster, ledger, place, replicas.get(place.hash, {}))]


def problems_of(cluster, ledger, place, paths):
    if not paths and ledger.lives[place.name].acknowledged == NOTHING and place.name not in cluster.world.places:
        return []
    if sorted(paths) != sorted(place.nodes[:3]):
        return [f'{place.name} is on nodes {sorted(paths)}, not on {sorted(place.nodes[:3])}']
    replicas = [Replica(cluster.kind, path) for path in paths.values()]
    unsound = [f'{place.name}: {replica.check}' for replica in replicas if replica.check != 'ok']
    waiting = [f'{path}.pending holds records' for path in paths.values()
               if os.path.exists(path + '.pending') and os.path.getsize(path + '.pending')]
    if unsound or waiting:
        return unsound + waiting
    first = replicas[0]
    if any(replica.contents() != first.contents() for replica in replicas):
        return [f'{place.name} differs: ' + ', '.join(
            f'{len(replica.rows)} rows, put {replica.put}, deleted {replica.deleted}, {replica.hash}' for replica in replicas)]
    life = ledger.problem_of_life(place.name, first.put, first.deleted)
    return list(ledger.problems_of_rows(place.name, first.rows)) + [life] * bool(life)


def leftovers(cluster):
    """Paths below the devices that belong to no database of its place."""
    found = []
    for node in NODES:
        device = f'{cluster.root}/node{node}/sd{node}'
        for folder, _, files in os.walk(device):
            digest = os.path.basename(folder)
            fine = {'.lock', '.ismount', digest + '.db', digest + '.db.pending'}
            found += [os.path.join(folder, file) for file in files if file not in fine]
            # A lock goes with its database.
            if '.lock' in files and digest + '.db' not in files and len(digest) == 32:
                found.append(folder)
            if '/quarantined/' in folder and files:
                found.append(folder)
    return found


def check_leftovers(cluster):
    """Only tmp may hold something, and a pass takes it when it is old. How many files it was."""
    found = leftovers(cluster)
    allowed = [path for path in found if os.path.dirname(path).endswith('/tmp') or path.endswith('.tmp')]
    assert set(found) == set(allowed), f'left behind: {sorted(set(found) - set(allowed))}\n' + '\n'.join(
        cluster.take_logs()[-60:])
    then = time.time() - RECLAIM_AGE - 60
    for path in allowed:
        os.utime(path, (then, then))
    cluster.replicate_all()
    found = leftovers(cluster)
    assert not found, f'older than reclaim_age and still there: {found}'
    return len(allowed)
