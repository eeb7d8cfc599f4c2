"""Random histories of one database: what happens to it, operation by operation, made from a seed.

A history is a dict: `kind` ('account' or 'container'), `account`, `container`, `start` (how the database comes
about: 'new' or a generation of legacy_schemas.py) and `steps`, a list of operations. An operation is a dict with
`op`, `now` (the time the hand believes it is) and its arguments, all plain JSON; README.md lists them. Names and
times come from small pools, so that ties, repeats and conflicts are the rule.
"""
import base64
import pickle
import random

from swift.common.utils import Timestamp, encode_timestamps

BASE = 1700000000
NAMES = ['o1', 'o2', 'o3', '\x00versions\x00o1', '\u00e9t\u00e9', '\U0001f600', 'o1\x00', '', 'a/b c%2F"\\', 'o' * 300,
         '0', '12', '\ufffd', '\x7f\x01']
CONTENT_TYPES = ['text/plain', 'text/html', 'text/plain;swift_bytes=99', 'a/b;swift_bytes=7', 'a/b; charset=utf-8',
                 'a/b; charset=utf-8; swift_bytes=5', 'text/plain;swift_bytes=1;swift_bytes=2', ';swift_bytes=3', '',
                 'a/b;x="q;swift_bytes=4";y=1', 'a/b;swift_bytes', 'application/deleted', 'caf\u00e9/b;swift_bytes=12',
                 'a/b;swift_bytes=', 'a/b;swift_bytes="8"']
METADATA_KEYS = ['X-Container-Meta-Color', 'X-Container-Meta-color', 'X-Account-Meta-T\u00e9st', 'X-Container-Sysmeta-Shard-Quoted-Root',
                 'X-Container-Sysmeta-Shard-Root', 'X-Container-Sysmeta-Sharding', 'X-Container-Sync-To', 'X-Versions\x00']
METADATA_VALUES = ['', 'red', 'bl\u00fce', '\U0001f600"\\', 'x' * 200, 'a/c', '\x00', 'a%2Fc', 'r/o\u00f6t', 'one/two/three']
PEERS = ['peer-one', 'peer-two', 'd3a9-sda1', '\u00fcber']
POLICIES = [0, 0, 0, 1, 2]
SHARD_STATES = [10, 20, 30, 40, 50, 60, 70, 80]


class Generator:
    """One seed's stream of choices and the operations that are made from them."""

    def __init__(self, seed, kind, start='new'):
        self.random = random.Random(seed)
        self.kind = kind
        self.start = start
        self.names = self.random.sample(NAMES, self.random.choice([2, 3, 5]))
        self.moments = sorted(self.random.sample(range(100), self.random.choice([3, 5, 8])))
        self.now = BASE + 200
        self.row_id = 0
        self.ranges = []
        self.large_batches = self.chance(4)  # more names than Swift looks up at once
        self.account = self.random.choice(['a', '.shards_a', 'AUTH_t\u00e9st'])
        self.container = self.random.choice(['c', '\x00versions\x00c', 'c\u00f6n']) if kind == 'container' else None

    def chance(self, percent):
        return self.random.randrange(100) < percent

    # Values

    def time(self):
        """A timestamp as Swift's servers write it: internal form, now and then with an offset."""
        offset = self.random.choice([1, 2, 255]) if self.chance(15) else 0
        fraction = self.random.choice([0, 0, 0, 0.5, 0.00001, 0.99999])
        return Timestamp(BASE + self.random.choice(self.moments) + fraction, offset=offset).internal

    def plain_time(self):
        return Timestamp(BASE + self.random.choice(self.moments)).internal

    def zero_or_time(self):
        return self.random.choice(['0', '0000000000.00000']) if self.chance(25) else self.plain_time()

    def triple(self):
        """created_at as it stands in a row: up to three times in one."""
        if self.chance(60):
            return self.time()
        if self.chance(5):
            return self.random.choice(['1700000020', '1700000005.00000+186a0', '1700000030.5_1', '0', ' 1700000011.00000'])
        return encode_timestamps(*[Timestamp(self.time()) for _ in range(3)], explicit=self.chance(10))

    def age(self):
        """The moment before which reclaim forgets: a whole second, a half, or a short float."""
        return self.random.choice([float, int])(BASE + self.random.choice(self.moments)) + self.random.choice([0, 0, 0.5, 0.00001, 1])

    def sync_age(self):
        """Before or after every updated_at, which SQLite's own clock writes."""
        return self.random.choice([self.age(), self.age(), 9e9])

    def next_row_id(self):
        self.row_id += self.random.choice([1, 1, 1, 2, 7])
        return self.row_id

    # Rows

    def object_row(self, from_peer):
        deleted = int(self.chance(25))
        row = {'name': self.random.choice(self.names), 'created_at': self.triple() if from_peer else self.time(),
               'size': 0 if deleted else self.random.choice([0, 1, 10, 4096, 2 ** 33] + ['17'] * from_peer if self.chance(30) else [0, 10, 30]),
               'content_type': 'application/deleted' if deleted else self.random.choice(CONTENT_TYPES),
               'etag': 'noetag' if deleted else 'etag%d' % self.random.randrange(4), 'deleted': deleted,
               'storage_policy_index': self.random.choice(POLICIES), 'ctype_timestamp': None, 'meta_timestamp': None}
        if self.chance(30):
            row['ctype_timestamp'] = self.time()
        if self.chance(30):
            row['meta_timestamp'] = self.time()
        if from_peer:
            self.as_from_peer(row)
        return row

    def as_from_peer(self, row):
        if self.chance(80):
            row.pop('ctype_timestamp', None)
            row.pop('meta_timestamp', None)
        if self.chance(5):
            del row['storage_policy_index']
        if self.chance(5):
            row['unknown'] = self.random.choice([None, 'of a newer Swift', 1.5, True])
        row['ROWID'] = self.next_row_id()

    def container_row(self, from_peer):
        put, delete = self.time(), self.zero_or_time()
        objects = self.random.choice([0, 0, 1, 5, '3', '0', '', '007'] if self.chance(20) else [0, 0, 2, '4', '0'])
        used = self.random.choice([0, 10, '25', 2 ** 40])
        row = {'name': self.random.choice(self.names), 'put_timestamp': put, 'delete_timestamp': delete,
               'object_count': objects, 'bytes_used': used,
               'deleted': int(delete > put and objects in (0, '0', '')), 'storage_policy_index': self.random.choice(POLICIES)}
        if self.chance(8):
            # Swift refuses a batch that compares a NULL timestamp. It has migrated an old database by then; ours has not.
            timestamps = ['put_timestamp', 'delete_timestamp'] if self.start == 'new' else []
            row[self.random.choice(timestamps + ['object_count', 'bytes_used'])] = None
        if self.chance(5):
            row['deleted'] = 1 - row['deleted']
        if not from_peer and self.chance(10):
            row['storage_policy_index'] = str(row['storage_policy_index'])
        if from_peer:
            self.as_from_peer(row)
        return row

    def row(self, from_peer):
        return self.object_row(from_peer) if self.kind == 'container' else self.container_row(from_peer)

    def shard_range(self):
        """A new range, or as often one from before that differs in a few members only."""
        made = self.new_shard_range()
        if self.ranges and self.chance(50):
            changed = self.random.sample(['meta_timestamp', 'state_timestamp', 'object_count', 'tombstones', 'state', 'epoch', 'reported',
                                          'deleted', 'timestamp'], self.random.choice([1, 1, 2, 3]))
            made = dict(self.random.choice(self.ranges), **{member: made[member] for member in changed})
        self.ranges.append(made)
        return dict(made)

    def new_shard_range(self):
        own = self.chance(25)
        bounds = ['', 'd', 'm', 't', '\u00e9', '']
        at = self.random.randrange(len(bounds) - 1)
        lower, upper = ('', '') if own and self.chance(80) else (bounds[at], bounds[at + 1])
        state = self.random.choice(SHARD_STATES)
        name = '%s/%s' % (self.account, self.container) if own else '.shards_a/c-%d' % self.random.randrange(3)
        return {'name': name, 'timestamp': self.plain_time(), 'lower': lower, 'upper': upper,
                'object_count': self.random.choice([0, 0, 1, 7]), 'bytes_used': self.random.choice([0, 100]),
                'meta_timestamp': self.plain_time(), 'deleted': int(self.chance(20)), 'state': state,
                'state_timestamp': self.plain_time(), 'epoch': self.random.choice([None, self.plain_time()]),
                'reported': int(self.chance(40)), 'tombstones': self.random.choice([-1, 0, 3])}

    def metadata(self):
        keys = self.random.sample(METADATA_KEYS, self.random.choice([0, 1, 1, 2, 4]))
        return {key: [self.random.choice(METADATA_VALUES), self.time()] for key in keys}

    # Operations: each returns the arguments

    def merge_items(self):
        from_peer = self.chance(70)
        size = 1005 if self.large_batches and self.chance(40) else self.random.choice([0, 1, 2, 4, 9])
        items = [self.row(from_peer) for _ in range(size)]
        if size > 100:
            for number, item in enumerate(items):
                item['name'] += str(number % 1002)
        if from_peer and self.chance(10):
            self.random.shuffle(items)
        source = self.random.choice(PEERS) if from_peer and self.chance(60) else None
        if source and items and self.start == 'new' and self.chance(3):  # refused; an old database is migrated by Swift only
            del items[-1]['ROWID']
        return {'items': items, 'source': source}

    def put_record(self):
        return {'record': self.row(from_peer=False)}

    def append_pending(self):
        """Entries that our own writers never make: shorter tuples of older releases, rubbish between good ones."""
        entries = b''
        for _ in range(self.random.choice([1, 2, 5])):
            row = self.row(from_peer=False)
            fields = tuple(row.values())
            if self.kind == 'container':
                fields = fields[:self.random.choice([6, 7, 8, 9])]
            else:
                fields = fields[:self.random.choice([6, 7])]
            if self.chance(20):
                entries += b':' + self.random.choice([b'rubbish', b'====', base64.b64encode(b'\x80\x02.'), b'', b'gAIo', b'\xff\xfe',
                                                      base64.b64encode(pickle.dumps(fields[:5], 2))])
            entries += b':' + base64.b64encode(pickle.dumps(fields, protocol=self.random.choice([1, 2, 2, 2])))
        if self.chance(3):
            entries *= 1 + 131072 // len(entries)  # the next put commits
        return {'data': base64.b64encode(entries).decode()}

    def items_since(self):
        return {'start': self.random.choice([-1, 0, 1, 3, self.row_id]), 'count': self.random.choice([1, 2, 1000])}

    def merge_syncs(self):
        points = [{'remote_id': self.random.choice(PEERS), 'sync_point': self.random.choice([-1, 0, 3, 50])}
                  for _ in range(self.random.choice([0, 1, 2, 3]))]
        return {'points': points, 'incoming': self.chance(50)}

    def get_sync(self):
        return {'remote_id': self.random.choice(PEERS + ['nobody']), 'incoming': self.chance(50)}

    def direction(self):
        return {'incoming': self.chance(50)}

    def merge_timestamps(self):
        return {'created_at': self.plain_time(), 'put_timestamp': self.time(), 'delete_timestamp': self.zero_or_time()}

    def set_storage_policy_index(self):
        return {'policy': self.random.choice(POLICIES), 'timestamp': self.plain_time()}

    def timestamp(self):
        return {'timestamp': self.time()}

    def reclaim(self):
        return {'age': self.age(), 'sync_age': self.sync_age()}

    def is_reclaimable(self):
        return {'at': self.now, 'age': self.random.choice([0, 60, 150])}

    def merge_shard_ranges(self):
        return {'ranges': [self.shard_range() for _ in range(self.random.choice([0, 1, 2, 4]))]}

    def sync_points(self):
        return {'point1': self.random.choice([None, -1, 5, 9]), 'point2': self.random.choice([None, -1, 7])}

    def since(self):
        return {'start': self.random.choice([-1, 0, 2]), 'count': self.random.choice([1, 1000])}

    def shard_filter(self):
        return {'include_deleted': self.chance(50), 'include_own': self.chance(50),
                'states': self.random.choice([None, None, [40], [30, 40, 50, 60]])}

    def nothing(self):
        return {}

    def epoch(self):
        return {'epoch': self.plain_time()}

    def reported(self):
        return {'put_timestamp': self.plain_time(), 'delete_timestamp': self.zero_or_time(), 'object_count': 4, 'bytes_used': 9}

    COMMON = [
        (22, 'merge_items', merge_items), (10, 'put_record', put_record), (3, 'append_pending', append_pending),
        (4, 'items_since', items_since), (3, 'replication_info', nothing), (3, 'merge_syncs', merge_syncs),
        (1, 'get_sync', get_sync), (1, 'get_syncs', direction), (2, 'newid', lambda self: {'remote_id': self.random.choice(PEERS)}),
        (3, 'merge_timestamps', merge_timestamps), (5, 'update_metadata', lambda self: {'metadata': self.metadata()}),
        (2, 'metadata', nothing), (1, 'delete_db', timestamp), (4, 'reclaim', reclaim), (2, 'update_put_timestamp', timestamp),
        (2, 'update_status_changed_at', timestamp), (2, 'is_deleted', nothing), (1, 'empty', nothing),
        (1, 'is_reclaimable', is_reclaimable), (1, 'max_row', nothing), (1, 'commit_pending', nothing),
        (1, 'create', lambda self: {'put_timestamp': self.plain_time(), 'policy': 1}),
    ]
    ACCOUNT = [(3, 'policy_stats', lambda self: {'migrate': self.chance(50)})]
    CONTAINER = [
        (3, 'set_storage_policy_index', set_storage_policy_index), (1, 'policy_stats', nothing), (1, 'has_multiple_policies', nothing),
        (2, 'misplaced_since', since), (1, 'update_reconciler_sync', lambda self: {'point': self.random.choice([-1, 4, 30])}),
        (1, 'get_reconciler_sync', nothing), (2, 'reported', reported), (2, 'set_x_container_sync_points', sync_points),
    ]
    SHARDING = [
        (9, 'merge_shard_ranges', merge_shard_ranges), (2, 'all_shard_range_data', nothing), (3, 'shard_ranges', shard_filter),
        (1, 'own_shard_range', nothing), (2, 'db_state', nothing), (1, 'sharding_initiated', nothing),
        (1, 'sharding_required', nothing), (1, 'is_root_container', nothing), (1, 'root_path', nothing),
    ]
    # Done by Swift's own code whichever hand has the turn, as are 'reported' and 'set_x_container_sync_points': what
    # only its sharder, updater and container-sync do.
    SHARDER = [
        (3, 'enable_sharding', epoch), (3, 'set_sharding_state', nothing), (2, 'set_sharded_state', nothing),
    ]

    def operations(self):
        if self.kind == 'account':
            return self.COMMON + self.ACCOUNT
        chosen = self.COMMON + self.CONTAINER
        if self.chance(45):
            chosen = chosen + self.SHARDING
            if self.chance(50):
                chosen = chosen + self.SHARDER
        return chosen

    def step(self, name, arguments):
        self.now += self.random.choice([0, 0.5, 1, 1.00001])
        return dict(arguments, op=name, now=self.now)

    def closing_steps(self):
        """Read everything back; half of all histories end before, with pending left over."""
        names = [('replication_info', {}), ('items_since', {'start': -1, 'count': 10000}), ('metadata', {}), ('is_deleted', {}),
                 ('get_syncs', {'incoming': True}), ('get_syncs', {'incoming': False}), ('policy_stats', {'migrate': False}),
                 ('empty', {})]
        if self.kind == 'container':
            names += [('all_shard_range_data', {}), ('misplaced_since', {'start': -1, 'count': 1000}), ('own_shard_range', {}),
                      ('db_state', {}), ('root_path', {})]
        return [self.step(*name) for name in names]

    def history(self):
        steps = []
        if self.start == 'new':
            steps.append(self.step('create', {'put_timestamp': self.random.choice([None, self.plain_time()]),
                                              'policy': self.random.choice(POLICIES)}))
        operations = self.operations()
        weights = [operation[0] for operation in operations]
        for _ in range(self.random.randint(8, 22)):
            _, name, arguments = self.random.choices(operations, weights)[0]
            steps.append(self.step(name, arguments(self)))
        if self.chance(60):
            steps += self.closing_steps()
        renews = self.kind == 'account' and self.random.random() < 0.5
        return {'kind': self.kind, 'renews': renews, 'account': self.account, 'container': self.container, 'start': self.start, 'steps': steps}


def make(seed, kind, start='new'):
    """The history of a seed; equal arguments, equal history."""
    return Generator('%s/%s/%s' % (seed, kind, start), kind, start).history()
