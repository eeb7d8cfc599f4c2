"""One node's devices folder for Swift's container replicator and one for ours, with equal containers in both."""
import os
import shutil
import sqlite3
import tempfile

from interop.broker import compare
from interop.broker.swift_hand import at_time
from interop.probe_program import ProbeProgram
from interop.replicate import hands  # also sets the hash prefix and suffix
from swift.common.ring import RingBuilder
from swift.common.utils import Timestamp, hash_path, storage_directory
from swift.container.backend import ContainerBroker
from swift.container.replicator import ContainerReplicator
from swift.container.sync_store import ContainerSyncStore

DEVICES = ['sda', 'sdb', 'sdc']


class Pair:
    """<root>/swift and <root>/ours: the devices folders of the same node, whose local device is LOCAL of a ring of three
    devices and three replicas, so that it is a primary for every queue."""

    def __init__(self, local=0):
        self.root = tempfile.mkdtemp(prefix='dbrepl-post-visit-', dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)
        builder = RingBuilder(4, 3, 1)
        for number, device in enumerate(DEVICES):
            builder.add_dev({'id': number, 'region': 1, 'zone': number, 'weight': 1.0, 'ip': '127.0.0.1', 'port': 6201,
                             'device': device, 'meta': ''})
        builder.rebalance(seed=1)
        builder.get_ring().save(os.path.join(self.root, 'container.ring.gz'))
        self.local = local
        self.probe = ProbeProgram('post_visit_probe')
        self.probe.send({'devices': self.devices('ours'), 'ring': os.path.join(self.root, 'container.ring.gz'),
                   'prefix': hands.PREFIX, 'suffix': hands.SUFFIX, 'local': [local]})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.probe.close()
        finally:
            shutil.rmtree(self.root)

    def devices(self, side):
        return os.path.join(self.root, side)

    def ask(self, request):
        return self.probe.ask(request)

    def path(self, side, account, container, partition=5):
        digest = hash_path(account, container)
        return os.path.join(self.devices(side), DEVICES[self.local], storage_directory('containers', partition, digest),
                            digest + '.db')

    def create(self, account, container, policy=0, put_timestamp='1700000000.00000'):
        """On Swift's side; copied later."""
        path = self.path('swift', account, container)
        os.makedirs(os.path.dirname(path))
        broker = ContainerBroker(path, account=account, container=container)
        with at_time(1700000000):
            broker.initialize(put_timestamp, policy)
        return broker

    def copy(self):
        shutil.rmtree(self.devices('ours'), ignore_errors=True)
        shutil.copytree(self.devices('swift'), self.devices('ours'), symlinks=True)

    def replicator(self, per_diff=1000):
        replicator = ContainerReplicator({'devices': self.devices('swift'), 'mount_check': 'false', 'swift_dir': self.root,
                                          'per_diff': per_diff})
        replicator._local_device_ids = {self.local: replicator.ring.devs[self.local]}
        replicator.reconciler_containers, replicator.reconciler_cleanups = {}, {}
        replicator.sync_store = ContainerSyncStore(self.devices('swift'), replicator.logger, False)
        return replicator

    def swift_hook(self, account, container, responses, per_diff, now):
        broker = ContainerBroker(self.path('swift', account, container), account=account, container=container)
        with at_time(now):
            self.replicator(per_diff)._post_replicate_hook(broker, broker.get_replication_info(), responses)

    def our_hook(self, account, container, responses, per_diff, now):
        return self.ask({'do': 'after_peers', 'db': self.path('ours', account, container), 'responses': responses,
                         'per_diff': per_diff, 'now': now})

    def dump(self, side):
        """Every database below the devices folder and every link."""
        found = {}
        top = self.devices(side)
        for folder, names, files in os.walk(top):
            inside = os.path.relpath(folder, top)
            for name in files + [each for each in names if os.path.islink(os.path.join(folder, each))]:
                path = os.path.join(folder, name)
                if os.path.islink(path):
                    found[os.path.join(inside, name)] = 'to ' + os.path.relpath(os.readlink(path), top)
                elif name.endswith('.db'):
                    found[os.path.join(inside, name)] = compare.dump_database(path)
            if not names and not files:
                found[inside] = 'empty'
        return dict(sorted(found.items()))


def queues(devices):
    """{container: path} of the queue databases of a devices folder."""
    found = {}
    for folder, _, files in os.walk(devices):
        for name in files:
            if name.endswith('.db') and os.sep + 'containers' + os.sep in folder:
                with sqlite3.connect(os.path.join(folder, name)) as connection:
                    account, container = connection.execute('SELECT account, container FROM container_info').fetchone()
                connection.close()
                if account == '.misplaced_objects':
                    found[container] = os.path.join(folder, name)
    return found


def row(name, created_at, policy, deleted=0):
    return {'name': name, 'created_at': created_at, 'size': 0 if deleted else 7, 'content_type': 'text/plain',
            'etag': 'd41d8cd98f00b204e9800998ecf8427e', 'deleted': deleted, 'storage_policy_index': policy,
            'ctype_timestamp': None, 'meta_timestamp': None}


def internal(seconds, offset=0):
    return Timestamp(seconds, offset=offset).internal
