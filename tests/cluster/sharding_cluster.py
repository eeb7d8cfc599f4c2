"""A cluster in which Swift's container-sharder works on databases that replicators of this mix carry. Every node has Swift's
container server on its client address; on its replication address is Swift's once more, or ours, which passes on to the other
what is not replication."""
import os

from cluster.mixed_cluster import MixedCluster
from cluster.processes import in_child
from cluster.world import NODES, World
from swift.common import internal_client
from swift.common.daemon import run_daemon
from swift.common.ring.ring import RingData
from swift.common.storage_policy import POLICIES
from swift.common.wsgi import run_wsgi
from swift.container.backend import ContainerBroker
from swift.container.reconciler import ContainerReconciler, parse_raw_obj
from swift.container.sharder import ContainerSharder

# Of an account whose name begins with a dot the proxy does not want to know whether it exists: there are no account servers.
ACCOUNT = '.live'
CLIENT_PORT, REPLICATION_PORT = 6211, 6201
PATIENCE = 'node_timeout = 60\nconn_timeout = 20\n'
INTERNAL_CLIENT = '''[DEFAULT]
swift_dir = {root}
[pipeline:main]
pipeline = catch_errors proxy-server
[app:proxy-server]
use = egg:swift#proxy
error_suppression_limit = 1000000
{patience}
[filter:catch_errors]
use = egg:swift#catch_errors
'''
DAEMONS = '''
[container-sharder]
internal_client_conf_path = {root}/internal-client.conf
recon_cache_path = {root}/node{node}.cache
auto_shard = true
shard_container_threshold = 100
rows_per_shard = 50
minimum_shard_size = 20
shrink_threshold = 10
expansion_limit = 90
broker_timeout = 60
{patience}
'''


class LiveWorld(World):
    """A ring whose nodes have another port for clients than for replication. `make_databases` is called with the world."""

    def __init__(self, make_databases):
        def databases(_):
            make_databases(self)
        super().__init__('container', [databases], policies=3)

    def write_ring(self, folder, addresses):
        devices = [{**device, 'ip': addresses[device['id'] + 1], 'port': CLIENT_PORT,
                    'replication_ip': addresses[device['id'] + 1], 'replication_port': REPLICATION_PORT}
                   for device in self.ring_data.devs]
        # Nobody is there for accounts and objects: the proxy only wants to have their rings.
        nowhere = [{**device, 'port': 1, 'replication_port': 1} for device in devices]
        for name, places in [('container', devices), ('account', nowhere)] + [(policy.ring_name, nowhere) for policy in POLICIES]:
            RingData(self.ring_data._replica2part2dev_id, places, self.ring_data._part_shift).save(f'{folder}/{name}.ring.gz')

    def create(self, container, primary, policy, account=ACCOUNT):
        """On that primary of the ring."""
        part, nodes = self.ring.get_nodes(account, container)
        node = nodes[primary]['id'] + 1
        broker, _ = ContainerBroker.create_broker(f'{self.root}/node{node}/sd{node}', part, account, container,
                                                  storage_policy_index=policy, put_timestamp=self.stamp(0))
        return broker


class ShardingCluster(MixedCluster):
    def __init__(self, world, mix):
        super().__init__(world, mix)
        self.write('internal-client.conf', INTERNAL_CLIENT.format(root=self.root, patience=PATIENCE))
        for node in NODES:
            options = 'conn_timeout = 20\n' + DAEMONS.format(root=self.root, node=node, patience=PATIENCE)
            self.confs[node] = self.write_node_conf(f'{node}.conf', node, REPLICATION_PORT, options)

    def start_all(self, but=()):
        clients = {}
        for node in NODES:
            conf = self.write_node_conf(f'client.{node}.conf', node, CLIENT_PORT)
            clients[node] = self.run(lambda conf=conf: run_wsgi(conf, 'container-server'), f'client.{node}')
        for node in NODES:
            self.await_port(clients[node], self.addresses[node], CLIENT_PORT)
        return super().start_all(but)

    def together(self, start):
        """Runs what `start` starts on all nodes at the same time."""
        processes = {node: start(node) for node in NODES}
        for node, process in processes.items():
            self.replicator_done(node, process)

    def shard(self):
        self.together(lambda node: self.run(lambda: run_daemon(ContainerSharder, self.confs[node], once=True), f'sharder.{node}'))

    def replicate_all(self):
        """The counters of all nodes' passes."""
        for node in NODES:
            self.logs[node].take()
        self.together(self.replicator)
        return [self.result(node).counters for node in NODES]

    def brokers(self):
        """[(node, broker)] of all databases."""
        found = []
        for node in NODES:
            for folder, _, files in sorted(os.walk(f'{self.root}/node{node}/sd{node}/containers')):
                digest = os.path.basename(folder)
                if any(file.endswith('.db') for file in files):
                    found.append((node, ContainerBroker(f'{folder}/{digest}.db')))
        return found

    def client(self):
        return internal_client.InternalClient(f'{self.root}/internal-client.conf', 'test', 3, use_replication_network=True)

    def listing(self, container, account=ACCOUNT):
        """What Swift's proxy makes of the answers of Swift's container servers."""
        def ask():
            return [(entry['name'], entry['bytes'], entry['hash'], entry['last_modified'])
                    for entry in self.client().iter_objects(account, container)]
        return in_child(ask)

    def reconciler_reads(self, container):
        """The entries of a queue as Swift's container-reconciler takes them up."""
        def read():
            reconciler = ContainerReconciler({}, swift=self.client())
            return [(entry['q_policy_index'], entry['q_op'], entry['path'], entry['q_ts'].internal)
                    for entry in map(parse_raw_obj, reconciler._iter_objects(container))]
        return in_child(read)
