"""The first hand: Debian's Swift brokers, driven by operations as histories.py makes them, at the time they name."""
import base64
import contextlib
import json
import logging
import time

from interop import swift_env
from swift.account.backend import AccountBroker
from swift.common.utils import Timestamp
from swift.container import backend
from swift.container.backend import ContainerBroker

real_time = time.time
# What only Swift's sharder, updater and container-sync do: Swift's hand does it even when the turn is ours.
ALWAYS_SWIFT = {'enable_sharding', 'set_sharding_state', 'set_sharded_state', 'reported', 'append_pending',
                'set_x_container_sync_points'}

logging.disable(logging.CRITICAL)  # it reports every broken pending entry, and the histories are full of them
# Newer Swifts (2.31.1) keep this one too when a container is deleted, and so do ours.
ContainerBroker.delete_meta_whitelist = ContainerBroker.delete_meta_whitelist + ['x-container-sysmeta-sharding']
# Swift runs container merges in a thread of a pool and waits for it; the threads would only slow the tests down.
backend.tpool.execute = lambda function, *arguments: function(*arguments)


@contextlib.contextmanager
def at_time(seconds):
    """Lets Python's clock stand still at this time."""
    time.time = lambda: seconds
    try:
        yield
    finally:
        time.time = real_time


def open_broker(history, path):
    if history['kind'] == 'account':
        return AccountBroker(path, account=history['account'])
    return ContainerBroker(path, account=history['account'], container=history['container'])


class SwiftHand:
    name = 'swift ' + swift_env.SWIFT_VERSION
    keeps_rows = False  # it gives unchanged account rows new ROWIDs

    def run(self, history, path, step):
        """Does one operation; {'result': value} or {'error': text}."""
        arguments = {key: json.loads(json.dumps(value)) for key, value in step.items() if key not in ('op', 'now')}
        broker = open_broker(history, path)
        try:
            with at_time(step['now']):
                return {'result': plain(getattr(self, step['op'])(broker, **arguments))}
        except Exception as error:  # every refusal counts as one; which exception it is, is Swift's own business
            return {'error': '%s: %s' % (type(error).__name__, error)}
        finally:
            if broker.conn:
                broker.conn.close()

    # One method per operation of README.md.

    def create(self, broker, put_timestamp, policy):
        broker.initialize(put_timestamp, policy)

    def merge_items(self, broker, items, source):
        broker.merge_items(items, source)

    def put_record(self, broker, record):
        if isinstance(broker, ContainerBroker):
            broker.put_object(record['name'], record['created_at'], record['size'], record['content_type'], record['etag'],
                              record['deleted'], record['storage_policy_index'], record['ctype_timestamp'],
                              record['meta_timestamp'])
        else:
            broker.put_container(record['name'], record['put_timestamp'], record['delete_timestamp'],
                                 record['object_count'], record['bytes_used'], record['storage_policy_index'])

    def append_pending(self, broker, data):
        with open(broker.pending_file, 'ab') as pending:
            pending.write(base64.b64decode(data))

    def commit_pending(self, broker):
        broker._commit_puts_stale_ok()

    def items_since(self, broker, start, count):
        return broker.get_items_since(start, count)

    def replication_info(self, broker):
        return broker.get_replication_info()

    def max_row(self, broker):
        return broker.get_max_row()

    def merge_syncs(self, broker, points, incoming):
        broker.merge_syncs(points, incoming)

    def get_sync(self, broker, remote_id, incoming):
        return broker.get_sync(remote_id, incoming)

    def get_syncs(self, broker, incoming):
        return broker.get_syncs(incoming)

    def newid(self, broker, remote_id):
        broker.newid(remote_id)

    def merge_timestamps(self, broker, created_at, put_timestamp, delete_timestamp):
        broker.merge_timestamps(created_at, put_timestamp, delete_timestamp)

    def update_metadata(self, broker, metadata):
        broker.update_metadata(metadata)

    def metadata(self, broker):
        return broker.metadata

    def delete_db(self, broker, timestamp):
        broker.delete_db(timestamp)

    def reclaim(self, broker, age, sync_age):
        return broker.reclaim(age, sync_age).reclaimed

    def update_put_timestamp(self, broker, timestamp):
        broker.update_put_timestamp(timestamp)

    def update_status_changed_at(self, broker, timestamp):
        broker.update_status_changed_at(timestamp)

    def is_deleted(self, broker):
        return broker.is_deleted()

    def empty(self, broker):
        return broker.empty()

    def is_reclaimable(self, broker, at, age):
        return broker.is_reclaimable(at, age)

    def policy_stats(self, broker, migrate=False):
        stats = broker.get_policy_stats(do_migrations=migrate) if isinstance(broker, AccountBroker) else broker.get_policy_stats()
        return {str(policy): dict(sorted(values.items())) for policy, values in sorted(stats.items())}

    def has_multiple_policies(self, broker):
        return broker.has_multiple_policies()

    def set_storage_policy_index(self, broker, policy, timestamp):
        broker.set_storage_policy_index(policy, timestamp)

    def misplaced_since(self, broker, start, count):
        return broker.get_misplaced_since(start, count)

    def update_reconciler_sync(self, broker, point):
        broker.update_reconciler_sync(point)

    def get_reconciler_sync(self, broker):
        return broker.get_reconciler_sync()

    def set_x_container_sync_points(self, broker, point1, point2):
        broker.set_x_container_sync_points(point1, point2)

    def merge_shard_ranges(self, broker, ranges):
        broker.merge_shard_ranges(ranges)

    def all_shard_range_data(self, broker):
        return broker.get_all_shard_range_data()

    def shard_ranges(self, broker, **which):
        return [dict(found) for found in broker.get_shard_ranges(**which)]

    def own_shard_range(self, broker):
        return dict(broker.get_own_shard_range())

    def db_state(self, broker):
        return broker.get_db_state()

    def sharding_initiated(self, broker):
        return broker.sharding_initiated()

    def sharding_required(self, broker):
        return broker.sharding_required()

    def is_root_container(self, broker):
        return broker.is_root_container()

    def root_path(self, broker):
        return broker.root_path

    def enable_sharding(self, broker, epoch):
        broker.enable_sharding(Timestamp(epoch))

    def set_sharding_state(self, broker):
        return broker.set_sharding_state()

    def set_sharded_state(self, broker):
        return broker.set_sharded_state()

    def reported(self, broker, **stats):
        broker.reported(**stats)

    def close(self):
        pass


def plain(value):
    """As JSON would hand it on: timestamps as text, tuples as lists."""
    if isinstance(value, Timestamp):
        return value.internal
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    return value


