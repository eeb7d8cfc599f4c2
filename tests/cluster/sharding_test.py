"""Containers of three policies, sharded and shrunk by Swift's container-sharder while replicators and servers of a mix carry
them: listings stay what they were, no row is lost, and Swift's container-reconciler reads the queue of misplaced rows.

usage: sharding_test.py ours|mixed
"""
import collections
import http.client
import os
import sys
import tempfile

from cluster.mixed_cluster import Mix
from cluster.processes import in_child
from cluster.sharding_cluster import ACCOUNT, CLIENT_PORT, REPLICATION_PORT, LiveWorld, ShardingCluster
from cluster.world import NODES
from swift.common.utils import ShardRange, Timestamp

MIXES = {'ours': Mix('all ours', NODES, NODES), 'mixed': Mix('alternate roles', (1, 3), (2, 3))}
MAX_ROUNDS = 14
SHARDED = {'pictures': 1, 'videos': 2}
COUNT = 120
# The first shard is to have fewer rows than shrink_threshold, so that it goes into the second.
BOUNDS = ('', 'o0005', 'o0060', '')
STRAYS = [('stray1', 1, 0), ('stray2', 2, 0), ('gone', 1, 1)]


def row(world, name, at, policy, deleted=0):
    return {'name': name, 'created_at': world.stamp(at), 'size': 0 if deleted else at, 'content_type': 'text/plain',
            'etag': f'{at:032}', 'deleted': deleted, 'storage_policy_index': policy}


def make_databases(world):
    """Every container on two of its primaries, each with half of the rows."""
    for container, policy in SHARDED.items():
        for primary in (0, 1):
            world.create(container, primary, policy).merge_items(
                [row(world, f'o{number:04}', number + 1, policy) for number in range(COUNT) if number % 2 == primary])
    broker = world.create('strays', 0, 0)
    broker.merge_items([row(world, 'right', 7, 0)] +
                       [row(world, name, 10 + number, policy, deleted) for number, (name, policy, deleted) in enumerate(STRAYS)])


def find_shards(cluster):
    """As swift-manage-shard-ranges does: ranges with an operator's bounds, on the first primary of each container."""
    now = Timestamp.now()
    for container in SHARDED:
        first = cluster.world.ring.get_nodes(ACCOUNT, container)[1][0]['id'] + 1
        broker = next(broker for node, broker in cluster.brokers() if node == first and broker.path == f'{ACCOUNT}/{container}')
        broker.update_metadata({'X-Container-Sysmeta-Sharding': ('True', now.internal)})
        broker.merge_shard_ranges([
            ShardRange(ShardRange.make_path(f'.shards_{ACCOUNT}', container, container, now, number), now, lower, upper,
                       object_count=10) for number, (lower, upper) in enumerate(zip(BOUNDS, BOUNDS[1:]))])
        broker.enable_sharding(Timestamp.now())


def send_rows(cluster):
    """Objects that are written and deleted when sharding has begun, each told to one node only, some of them by way of its
    replication address."""
    for container, policy in SHARDED.items():
        part, nodes = cluster.world.ring.get_nodes(ACCOUNT, container)
        for number, node in enumerate(nodes):
            for method, name, at in (('PUT', f'o0{number}99-late', 300 + number), ('DELETE', f'o00{6 + number}0', 400 + number)):
                port = (CLIENT_PORT, REPLICATION_PORT)[(number + (method == 'PUT')) % 2]
                connection = http.client.HTTPConnection(cluster.addresses[node['id'] + 1], port, timeout=60)
                connection.request(method, f'/{node["device"]}/{part}/{ACCOUNT}/{container}/{name}', headers={
                    'X-Timestamp': cluster.world.stamp(at), 'X-Size': str(at), 'X-Content-Type': 'text/plain',
                    'X-Etag': f'{at:032}', 'X-Backend-Storage-Policy-Index': str(policy)})
                status = connection.getresponse().status
                connection.close()
                if status // 100 != 2:
                    sys.exit(f'{method} {container}/{name}: {status}')


def expected_listing(world):
    """(name, bytes, etag) of everything after send_rows."""
    names = {f'o{number:04}': number + 1 for number in range(COUNT)}
    for number in range(3):
        names.pop(f'o00{6 + number}0')
        names[f'o0{number}99-late'] = 300 + number
    return sorted((name, at, f'{at:032}') for name, at in names.items())


def unsettled(cluster):
    """What is still to come until every container is sharded, has given up its smallest shard and is the same everywhere."""
    lines, replicas = [], collections.defaultdict(list)
    for _, broker in cluster.brokers():
        replicas[broker.path].append(broker)
    for container in SHARDED:
        lines += unfinished_root(f'{ACCOUNT}/{container}', replicas)
    return lines + unequal(cluster)


def unequal(cluster):
    """Databases that are not on three nodes, or not the same there."""
    lines, replicas = [], collections.defaultdict(list)
    for _, broker in cluster.brokers():
        replicas[broker.path].append(broker)
    for path, brokers in sorted(replicas.items()):
        if len(brokers) != 3:
            lines.append(f'{path} on {len(brokers)} nodes')
        if len({broker.get_info()['hash'] for broker in brokers}) != 1:
            lines.append(f'{path}: replicas differ')
    return lines


def replicate_until_equal(cluster):
    """All nodes at once: what two of them do to the third at the same time may have to be done again."""
    for _ in range(MAX_ROUNDS):
        cluster.replicate_all()
        left = in_child(unequal, cluster)
        if not left:
            return
    sys.exit(f'still apart: {left}')


def unfinished_root(path, replicas):
    lines = []
    for broker in replicas[path]:
        ranges = broker.get_shard_ranges(states=[ShardRange.ACTIVE])
        if broker.get_db_state() != 'sharded' or len(broker.get_shard_ranges()) != 2 or len(ranges) != 2:
            states = [(str(each.lower), each.state_text) for each in broker.get_shard_ranges()]
            lines.append(f'{path} is {broker.get_db_state()} with {states}')
        elif broker.get_objects():
            lines.append(f'{path} still has rows')
        else:
            for each in ranges:
                lines += [f'{each.name} is {shard.get_db_state()}' for shard in replicas[each.name]
                          if shard.get_own_shard_range().state != ShardRange.ACTIVE]
    return lines


def lost_rows(cluster):
    """Rows of the shards that now count, against what was ever written."""
    lines = []
    for container, policy in SHARDED.items():
        wanted = [(name, size) for name, size, _ in expected_listing(cluster.world)]
        brokers = cluster.brokers()
        root = next(broker for _, broker in brokers if broker.path == f'{ACCOUNT}/{container}')
        for replica in range(3):
            found = []
            for each in root.get_shard_ranges():
                shard = [broker for _, broker in brokers if broker.path == each.name][replica]
                found += [(item['name'], item['size']) for item in shard.get_objects() if not item['deleted']]
                found += [('of another policy', item['name']) for item in shard.get_objects()
                          if item['storage_policy_index'] != policy]
            if sorted(found) != wanted:
                lines.append(f'{container}, replica {replica}: {sorted(set(found) ^ set(wanted))[:5]}')
    return lines


def check_queue(cluster):
    hour = int(float(cluster.world.stamp(10))) // 3600 * 3600
    found = sorted(cluster.reconciler_reads(str(hour)))
    wanted = sorted((policy, 'DELETE' if deleted else 'PUT', f'/{ACCOUNT}/strays/{name}', cluster.world.stamp(10 + number))
                    for number, (name, policy, deleted) in enumerate(STRAYS))
    if found != wanted:
        sys.exit(f'the reconciler reads {found}, not {wanted}')


def check_listings(cluster, wanted, what):
    for container in SHARDED:
        found = [entry[:3] for entry in cluster.listing(container)]
        if found != wanted:
            sys.exit(f'{what}, {container}: {sorted(set(found) ^ set(wanted))[:6]} and {len(found)} entries, not {len(wanted)}')


def main(mix):
    world = LiveWorld(make_databases)
    with ShardingCluster(world, mix) as cluster:
        cluster.start_all()
        replicate_until_equal(cluster)
        check_listings(cluster, sorted((f'o{number:04}', number + 1, f'{number + 1:032}') for number in range(COUNT)), 'before')
        check_queue(cluster)
        in_child(find_shards, cluster)
        for number in range(1, MAX_ROUNDS + 1):
            counters = cluster.replicate_all()
            cluster.shard()
            if number == 1:
                in_child(send_rows, cluster)
            left = in_child(unsettled, cluster)
            print(f'round {number}: {sum(each["attempted"] for each in counters)} visits, '
                  f'{sum(each["deferred"] for each in counters)} deferred; {left[:4]}', flush=True)
            if number > 1 and not left:
                break
        else:
            sys.exit(f'not settled: {left}')
        check_listings(cluster, expected_listing(world), 'after')
        check_queue(cluster)
        lost = in_child(lost_rows, cluster)
        if lost:
            sys.exit('\n'.join(lost))
        failures = sum(each['failure'] for each in cluster.replicate_all())
        if failures:
            sys.exit(f'{failures} failures when all is done')
    print(f'{mix.name}: sharded, shrunk, listed as before')


if __name__ == '__main__':
    tempfile.tempdir = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    main(MIXES[sys.argv[1]])
