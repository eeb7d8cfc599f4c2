"""A world: four nodes of one device each, with the databases of many scenarios side by side, made once by Swift's brokers.
Every cluster of a test begins with a copy of it."""
import os
import sqlite3
import tempfile
import time

from cluster.processes import in_child
from interop import swift_env
from swift.account.backend import AccountBroker
from swift.common import utils
from swift.common.ring import Ring, RingBuilder
from swift.common.ring.ring import RingData
from swift.common.storage_policy import reload_storage_policies
from swift.common.utils import Timestamp
from swift.container.backend import ContainerBroker

NODES = (1, 2, 3, 4)
PORTS = {'container': 6201, 'account': 6202}
# Swift's account merges use up a ROWID for every row they see: more room keeps rsync_then_merge away.
PER_DIFF = {'container': 20, 'account': 100}
MAX_DIFFS = 4
DAY = 86400
ACCOUNT = 'AUTH_a'
QUEUES = '.misplaced_objects'
SEED = swift_env.seed()
SWIFT_CONF = '[swift-hash]\nswift_hash_path_prefix = pre\nswift_hash_path_suffix = suf\n'
POLICY = '[storage-policy:{index}]\nname = policy{index}\ndefault = {default}\n'


def swift_conf(policies):
    """The text of swift.conf; one policy needs no section."""
    return SWIFT_CONF + ''.join(POLICY.format(index=index, default='yes' if index == 0 else 'no')
                                for index in range(policies) if policies > 1)


class World:
    """`scenarios` are functions that make the databases of one name; they are called with a Database. DBREPL_ONLY=a,b
    leaves out all others. With several policies there are the reconciler's queues, too, under their own names."""

    def __init__(self, kind, scenarios, policies=1, per_diff=None):
        only = os.environ.get('DBREPL_ONLY')
        self.kind, self.policies = kind, policies
        self.per_diff = per_diff or PER_DIFF[kind]
        self.scenarios = {each.__name__.replace('_', '-'): each for each in scenarios
                          if not only or each.__name__.replace('_', '-') in only.split(',')}
        self.folder = tempfile.TemporaryDirectory(prefix='dbrepl-world.')
        self.root = self.folder.name
        # Late enough that nothing is reclaimed but what is meant to be.
        self.base = int(time.time()) - 7200
        self.write('swift.conf', swift_conf(policies))
        utils.SWIFT_CONF_FILE = f'{self.root}/swift.conf'
        utils.HASH_PATH_PREFIX, utils.HASH_PATH_SUFFIX = b'pre', b'suf'
        reload_storage_policies()
        builder = RingBuilder(6, 3, 1)
        for node in NODES:
            builder.add_dev({'id': node - 1, 'region': 1, 'zone': node, 'weight': 1.0, 'device': f'sd{node}', 'meta': '',
                             'ip': '127.0.0.1', 'port': 1, 'replication_ip': '127.0.0.1', 'replication_port': 1})
        builder.rebalance(seed=SEED % 1000)
        self.ring_data = builder.get_ring()
        self.write_ring(self.root, {node: '127.0.0.1' for node in NODES})
        self.ring = Ring(f'{self.root}/{kind}.ring.gz')
        self.places = {name: Place(self, name) for name in self.scenarios}
        if policies > 1:
            self.places.update({queue: Place(self, queue, QUEUES) for queue in self.queues()})
        for node in NODES:
            os.makedirs(f'{self.root}/node{node}/sd{node}')
            self.write(f'node{node}/sd{node}/.ismount', '')
        # Swift's brokers start an event loop, which must not be in the process that forks.
        self.ids = in_child(self.make)

    def write(self, name, text):
        with open(f'{self.root}/{name}', 'w', encoding='utf-8') as out:
            out.write(text)

    def write_ring(self, folder, addresses):
        """The same ring with the nodes at these addresses."""
        devices = [{**device, 'ip': addresses[device['id'] + 1], 'replication_ip': addresses[device['id'] + 1],
                    'port': PORTS[self.kind], 'replication_port': PORTS[self.kind]} for device in self.ring_data.devs]
        RingData(self.ring_data._replica2part2dev_id, devices, self.ring_data._part_shift).save(
            f'{folder}/{self.kind}.ring.gz')

    def queues(self):
        """Names of the reconciler's queues for whatever scenarios may put into them."""
        hour = self.base // 3600 * 3600
        return [str(hour + 3600 * number) for number in (-2, -1, 0, 1)]

    def make(self):
        for name, scenario in self.scenarios.items():
            scenario(Database(self.places[name], self))
        return {database_id(path): f'node{path.split("/node")[1][0]}' for path in database_files(self.root)
                if database_id(path)}

    def stamp(self, seconds):
        return Timestamp(self.base + seconds).internal


def database_files(root):
    """Paths of all databases below the nodes' folders of databases."""
    return sorted(os.path.join(folder, file) for node in NODES for kind in ('accounts', 'containers')
                  for folder, _, files in os.walk(f'{root}/node{node}/sd{node}/{kind}') for file in files
                  if file.endswith('.db'))


def database_id(path):
    """None for what is no database."""
    connection = sqlite3.connect(f'file:{path}?mode=ro', uri=True)
    try:
        table = 'account_stat' if '/accounts/' in path else 'container_info'
        return connection.execute(f'SELECT id FROM {table}').fetchone()[0]
    except sqlite3.DatabaseError:
        return None
    finally:
        connection.close()


class Place:
    """Where the databases of a name belong: `nodes` are the three primaries in the ring's order, then the handoff."""

    def __init__(self, world, name, account=ACCOUNT):
        self.kind, self.name, self.account = world.kind, name, account
        self.names = (account, name) if world.kind == 'container' else (name,)
        self.partition, primaries = world.ring.get_nodes(*self.names)
        self.hash = utils.hash_path(*self.names)
        self.nodes = [device['id'] + 1 for device in primaries]
        self.nodes += [node for node in NODES if node not in self.nodes]

    def folder(self, root, node, partition=None):
        return os.path.join(f'{root}/node{node}/sd{node}', utils.storage_directory(
            self.kind + 's', self.partition if partition is None else partition, self.hash))

    def path(self, root, node, partition=None):
        return os.path.join(self.folder(root, node, partition), self.hash + '.db')

    def broker(self, path):
        if self.kind == 'container':
            return ContainerBroker(path, account=self.account, container=self.name)
        return AccountBroker(path, account=self.name)


class Database:
    """What a scenario makes its databases with. Positions 0, 1, 2 are the primaries in the ring's order, 3 the handoff."""

    def __init__(self, place, world):
        self.place, self.world = place, world
        self.stamp = world.stamp
        self.per_diff = world.per_diff
        self.cap = self.per_diff * MAX_DIFFS

    def create(self, position, rows=(), created=0, partition=None, policy=0):
        """A database on the node of that position; `created` and the times in rows are seconds after the world's base."""
        broker = self.place.broker(self.place.path(self.world.root, self.place.nodes[position], partition))
        broker.initialize(self.stamp(created), policy) if self.is_container else broker.initialize(self.stamp(created))
        self.sql(broker, f'UPDATE {broker.db_type}_{"info" if self.is_container else "stat"} SET created_at = ?',
                 self.stamp(created))
        self.add(broker, rows)
        return broker

    def create_on(self, positions, rows=(), **options):
        return [self.create(position, rows, **options) for position in positions]

    @property
    def is_container(self):
        return self.world.kind == 'container'

    def sql(self, broker, statement, *values):
        with sqlite3.connect(broker.db_file) as connection:
            connection.execute(statement, values)
        connection.close()

    def add(self, broker, rows):
        """Merges rows: (name, seconds) or (name, seconds, deleted) or (name, seconds, deleted, {column: value})."""
        items = [self.item(*row) for row in rows]
        for start in range(0, len(items), 1000):
            broker.merge_items(items[start:start + 1000])

    def item(self, name, at, deleted=0, columns=None):
        if self.is_container:
            row = {'created_at': self.stamp(at), 'size': at % 1000, 'content_type': 'text/plain', 'etag': f'{at % 9999:032}'}
        else:
            row = {'put_timestamp': self.stamp(at), 'delete_timestamp': self.stamp(at + 1) if deleted else '0',
                   'object_count': 0 if deleted else at % 100, 'bytes_used': 0 if deleted else at % 1000}
        return {'name': name, 'deleted': deleted, 'storage_policy_index': 0, **row, **(columns or {})}

    def put_pending(self, broker, name, at):
        """A record that waits in the .pending file."""
        if self.is_container:
            broker.put_object(name, self.stamp(at), 7, 'text/plain', 'pending')
        else:
            broker.put_container(name, self.stamp(at), 0, 7, 70, 0)

    def know(self, brokers, point=None):
        """Lets the replicas have followed each other up to this point (default: all they hold)."""
        for broker in brokers:
            others = [{'remote_id': other.get_info()['id'],
                       'sync_point': other.get_max_row() if point is None else point}
                      for other in brokers if other is not broker]
            broker.merge_syncs(others)
            broker.merge_syncs([{**other, 'sync_point': broker.get_max_row() if point is None else point}
                                for other in others], incoming=False)


def rows(prefix, count, at=0, deleted_every=0):
    return [(f'{prefix}{number:04}', at + number, int(bool(deleted_every) and number % deleted_every == 0))
            for number in range(count)]
