"""Debian's replicators against our servers: the same databases on the same nodes end the same, with the same counters
in recon, as against Debian's servers."""
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
import unittest

from interop import swift_env
from interop.server.node import OTHER_SWIFT_CONF, Cluster, free_port
from swift.account.backend import AccountBroker
from swift.common import utils
from swift.common.ring import Ring
from swift.common.utils import Timestamp
from swift.container.backend import ContainerBroker

NODES = (1, 2, 3, 4)
PER_DIFF = 20
# Late enough that no tombstone is reclaimed.
BASE = int(time.time()) - 7200
REPLICATOR = OTHER_SWIFT_CONF + '''from swift.common.daemon import run_daemon
if sys.argv[3] == 'container':
    from swift.container.replicator import ContainerReplicator as Replicator
else:
    from swift.account.replicator import AccountReplicator as Replicator
run_daemon(Replicator, sys.argv[2], once=True)
'''

def stamp(seconds):
    return Timestamp(BASE + seconds).internal


class ReplicatedCluster(Cluster):
    """Four nodes of one device each, three replicas, a server of `maker` ('ours' or 'swift') on each node."""

    def __init__(self, kind, maker):
        super().__init__()
        self.kind, self.maker, self.confs = kind, maker, {}

    def start_all(self):
        kind = self.kind
        utils.HASH_PATH_PREFIX, utils.HASH_PATH_SUFFIX = b'pre', b'suf'
        ports = {node: free_port() for node in NODES}
        self.write_ring(kind, [{'port': ports[node], 'replication_port': ports[node], 'device': f'sd{node}'}
                               for node in NODES], replicas=3)
        self.ring = Ring(f'{self.root}/{kind}.ring.gz')
        rsync_port = self.start_rsyncd({f'sd{node}': f'{self.root}/node{node}' for node in NODES})
        for node in NODES:
            os.makedirs(f'{self.root}/node{node}/sd{node}')
            os.makedirs(f'{self.root}/node{node}.cache')
            self.confs[node] = self.write_conf(
                f'{node}.conf', kind, ports[node], devices=f'node{node}',
                replicator=f'per_diff = {PER_DIFF}\nmax_diffs = 1000\n'
                           f'rsync_module = rsync://127.0.0.1:{rsync_port}/{{device}}')
            (self.start_ours if self.maker == 'ours' else self.start_swift)(kind, self.confs[node], ports[node])

    def place(self, name):
        """Partition, hash, and the nodes in order: three primaries, then the handoff."""
        names = ('AUTH_a', name) if self.kind == 'container' else (name,)
        partition, primaries = self.ring.get_nodes(*names)
        nodes = [device['id'] + 1 for device in primaries]
        return str(partition), utils.hash_path(*names), nodes + [node for node in NODES if node not in nodes]

    def path(self, name, node):
        partition, digest, _ = self.place(name)
        return os.path.join(f'{self.root}/node{node}/sd{node}',
                            utils.storage_directory(self.kind + 's', partition, digest), digest + '.db')

    def broker(self, name, node):
        if self.kind == 'container':
            return ContainerBroker(self.path(name, node), account='AUTH_a', container=name)
        return AccountBroker(self.path(name, node), account=name)

    def create(self, name, node, rows=(), created=0):
        broker = self.broker(name, node)
        if self.kind == 'container':
            broker.initialize(stamp(created), 0)
        else:
            broker.initialize(stamp(created))
        # Swift takes the time of the call.
        table = f'{self.kind}_info' if self.kind == 'container' else f'{self.kind}_stat'
        with sqlite3.connect(self.path(name, node)) as database:
            database.execute(f'UPDATE {table} SET created_at = ?', (stamp(created),))
        self.add(broker, rows)
        return broker

    def add(self, broker, rows):
        """Each row is (name, seconds, deleted)."""
        if self.kind == 'container':
            items = [{'name': name, 'created_at': stamp(at), 'size': at, 'content_type': 'text/plain',
                      'etag': 'e' * 32, 'deleted': deleted, 'storage_policy_index': 0} for name, at, deleted in rows]
        else:
            items = [{'name': name, 'put_timestamp': stamp(at), 'delete_timestamp': stamp(at + 1) if deleted else '0',
                      'object_count': 0 if deleted else at, 'bytes_used': 0 if deleted else at * 10, 'deleted': deleted,
                      'storage_policy_index': 0} for name, at, deleted in rows]
        broker.merge_items(items)

    def replicate(self, node):
        """One pass of Swift's replicator; its counters."""
        command = [sys.executable, '-c', REPLICATOR, f'{self.root}/swift.conf', self.confs[node], self.kind]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            sys.exit(f'replicator on node {node}: {done.stdout}{done.stderr}')
        with open(f'{self.root}/node{node}.cache/{self.kind}.recon', encoding='utf-8') as cache:
            stats = json.load(cache)['replication_stats']
        return {key: value for key, value in stats.items() if key != 'start'}

    def snapshot(self, name):
        """What the databases of a name hold on every node, and how far they have followed each other."""
        ids = {}
        found = {}
        for node in NODES:
            if os.path.exists(self.path(name, node)):
                with sqlite3.connect(self.path(name, node)) as database:
                    ids[database.execute(f'SELECT id FROM {self.kind}_stat').fetchone()[0]] = f'node{node}'
        for node in NODES:
            if os.path.exists(self.path(name, node)):
                found[node] = self.contents(name, node, ids)
        return found

    def contents(self, name, node, ids):
        broker = self.broker(name, node)
        info = broker.get_info()
        info.pop('id')
        for key in list(info):
            if 'status_changed' in key or key.startswith('reported'):
                info.pop(key)
        with sqlite3.connect(self.path(name, node)) as database:
            table = 'object' if self.kind == 'container' else 'container'
            columns = [row[1] for row in database.execute(f'PRAGMA table_info({table})') if row[1] != 'ROWID']
            rows = sorted(database.execute(f'SELECT {", ".join(columns)} FROM {table}'))
            # Not the points: Swift writes rows anew that have not changed, so its numbers run ahead of ours.
            syncs = sorted(ids.get(remote, 'nobody') for remote, in
                           database.execute('SELECT remote_id FROM incoming_sync'))
            check = database.execute('PRAGMA integrity_check').fetchone()[0]
        return {'info': info, 'rows': rows, 'metadata': broker.metadata, 'syncs': syncs, 'check': check,
                'mode': oct(os.stat(self.path(name, node)).st_mode)}

    def leftovers(self):
        """Files in the devices' tmp and quarantined folders."""
        return sorted(os.path.join(folder, file).replace(self.root, '')
                      for node in NODES for sub in ('tmp', 'quarantined')
                      for folder, _, files in os.walk(f'{self.root}/node{node}/sd{node}/{sub}') for file in files)


def rows_of(random_source, prefix, count):
    return [(f'{prefix}{number:04}', random_source.randrange(1000), int(random_source.random() < 0.2))
            for number in range(count)]


def populate(cluster, seed):
    """Every scenario in a database of its own; the names.

    But for remote-merge, none may come to have less than half the ROWIDs of another (Swift uses one up for every row it
    is sent): rsync_then_merge would follow, for which Swift's replicator waits milliseconds only when rows are few."""
    chance = random.Random(seed)

    def scenario(name):
        names.append(name)
        return cluster.place(name)[2]
    names = []

    first = scenario('missing')[0]
    cluster.create('missing', first, rows_of(chance, 'm', 30))
    nodes = scenario('big-missing')
    cluster.create('big-missing', nodes[1], rows_of(chance, 'm', 3000))
    nodes = scenario('same')
    rows = rows_of(chance, 's', 10)
    for node in nodes[:3]:
        cluster.create('same', node, rows)
    nodes = scenario('diff')
    common = rows_of(chance, 'c', 10)
    for position, node in enumerate(nodes[:3]):
        cluster.create('diff', node, common + rows_of(chance, f'd{position}', 3), created=position)
    nodes = scenario('conflicts')
    for node in nodes[:3]:
        cluster.create('conflicts', node, rows_of(chance, 'x', 9))
    nodes = scenario('many-batches')
    rows = rows_of(chance, 'b', PER_DIFF * 3)
    for position, node in enumerate(nodes[:3]):
        cluster.create('many-batches', node, rows + rows_of(chance, f'b{position}', PER_DIFF - 5))
    nodes = scenario('remote-merge')
    # Swift's replicator waits a second for each 2000 rows of its own.
    cluster.create('remote-merge', nodes[0], rows_of(chance, 'r', 8000))
    for position in (1, 2):
        cluster.create('remote-merge', nodes[position], rows_of(chance, f'own{position}', 5), created=position)
    nodes = scenario('handoff')
    cluster.create('handoff', nodes[3], rows_of(chance, 'h', 12))
    nodes = scenario('handoff-with-primaries')
    for position in (0, 1, 3):
        cluster.create('handoff-with-primaries', nodes[position], rows_of(chance, f'h{position}', 6))
    nodes = scenario('deleted')
    for position, node in enumerate(nodes[:3]):
        broker = cluster.create('deleted', node)
        if position == 1:
            broker.delete_db(stamp(500))
    nodes = scenario('metadata')
    for position, node in enumerate(nodes[:3]):
        broker = cluster.create('metadata', node, rows_of(chance, 'm', position))
        broker.update_metadata({'X-Meta-A': (f'value {position} \u00e9', stamp(position)),
                                f'X-Meta-{position}': ('' if position == 2 else 'own', stamp(7))})
        broker.update_put_timestamp(stamp(20 + position))
    return names


class ReplicatorsTest(unittest.TestCase):
    maxDiff = 20000

    def run_cluster(self, kind, maker, seed):
        with ReplicatedCluster(kind, maker) as cluster:
            cluster.start_all()
            names = populate(cluster, seed)
            passes = [cluster.replicate(node) for node in NODES + (1, 2)]
            snapshots = {name: cluster.snapshot(name) for name in names}
            nodes = {name: cluster.place(name)[2] for name in names}
            return passes, snapshots, nodes, cluster.leftovers()

    def check(self, kind):
        seed = swift_env.seed()
        swift_passes, swift_snapshots, nodes, swift_leftovers = self.run_cluster(kind, 'swift', seed)
        our_passes, our_snapshots, _, our_leftovers = self.run_cluster(kind, 'ours', seed)
        for name, expected in swift_snapshots.items():
            with self.subTest(name):
                if name == 'remote-merge':
                    self.check_put_timestamps(our_snapshots[name].values(), expected.values())
                self.assertEqual(our_snapshots[name], expected)
                # Which would also be equal if nothing had happened.
                self.assertEqual(sorted(expected), sorted(nodes[name][:3]))
                rows = [contents['rows'] for contents in our_snapshots[name].values()]
                self.assertEqual(rows[0], rows[1])
                self.assertEqual(rows[0], rows[2])
        self.assertEqual(our_passes, swift_passes)
        self.assertEqual(our_leftovers, swift_leftovers)
        self.assertGreater(sum(each['remote_merge'] for each in our_passes), 0)
        self.assertGreater(sum(each['rsync'] for each in our_passes), 2)
        self.assertGreater(sum(each['remove'] for each in our_passes), 1)
        self.assertGreater(sum(each['diff'] for each in our_passes), 4)

    def check_put_timestamps(self, ours, swifts):
        """The one difference: Swift's rsync_then_merge forgets those of the database that is replaced."""
        self.assertEqual({contents['info'].pop('put_timestamp') for contents in ours}, {stamp(2)})
        for contents in swifts:
            contents['info'].pop('put_timestamp')

    def test_containers(self):
        self.check('container')

    def test_accounts(self):
        self.check('account')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
