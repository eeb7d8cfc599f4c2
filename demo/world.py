"""The databases of the demo: what each replica holds before, and what all of them must hold afterwards."""
import collections
import hashlib
import json
import os
import random
import sqlite3
import struct
import time

from cluster import PART_POWER

# How many databases of each kind are in each situation, and what was done to them.
SITUATIONS = collections.OrderedDict((
    ('in agreement', 'all three replicas are the same'),
    ('missing', 'one replica exists, two do not'),
    ('behind', 'one replica lacks the newest rows'),
    ('far behind', 'two replicas hold a tenth of the rows'),
    ('diverged', 'each replica has rows, deletions and headers of its own'),
    ('on a handoff', 'one replica lies on a node that stands in'),
    ('misplaced', 'one replica lies in the directory of another partition'),
    ('deleted', 'one replica was deleted, the others do not know yet'),
    ('corrupt', 'one replica was overwritten with garbage'),
    ('deleted long ago', 'accounts only: nothing of them should be left'),
))
COUNTS = {'container': 30, 'account': 8}


def stamp(seconds):
    return '%016.05f' % seconds


class Database:
    def __init__(self, kind, situation, number, cluster, now, dice):
        self.kind = kind
        self.situation = situation
        name = '%s-%03d' % (situation.replace(' ', '-'), number)
        self.account = 'AUTH_' + name if kind == 'account' else 'AUTH_demo'
        self.container = name if kind == 'container' else ''
        path = '/' + self.account + ('/' + self.container if kind == 'container' else '')
        digest = hashlib.md5(('demo' + path + 'cluster').encode())
        self.hash = digest.hexdigest()
        self.partition = struct.unpack('>I', digest.digest()[:4])[0] >> (32 - PART_POWER)
        self.primaries = cluster.primaries[kind][self.partition]
        self.handoff = cluster.handoffs[kind][self.partition][0]
        self.dice = dice
        self.created = now - 40 * 86400 + number
        self.now = now
        self.expected_rows = {}    # name -> (timestamp, deleted); what must be there in the end
        self.expected_deleted = False
        self.expected_gone = False
        self.garbage_at = None

    def path(self, device, partition=None):
        part = self.partition if partition is None else partition
        return os.path.join(device, self.kind + 's', str(part), self.hash[-3:], self.hash, self.hash + '.db')

    def row(self, name, time_of_row, deleted=0):
        self.note(name, stamp(time_of_row), deleted)
        if self.kind == 'container':
            return {'name': name, 'created_at': stamp(time_of_row), 'size': self.dice.randrange(1 << 20),
                    'content_type': 'text/plain', 'etag': hashlib.md5(name.encode()).hexdigest(),
                    'deleted': deleted, 'storage_policy_index': 0}
        # Empty containers: an account takes the counts of whichever report comes last, as in Swift, and one with objects
        # is not deleted.
        return {'name': name, 'put_timestamp': stamp(self.created if deleted else time_of_row),
                'delete_timestamp': stamp(time_of_row) if deleted else '0', 'object_count': 0, 'bytes_used': 0,
                'deleted': deleted, 'storage_policy_index': 0}

    def note(self, name, timestamp, deleted):
        known = self.expected_rows.get(name)
        if known is None or timestamp > known[0]:
            self.expected_rows[name] = (timestamp, deleted)

    def rows(self, count, prefix='object'):
        return [self.row('%s-%04d' % (prefix, i), self.created + 10 + i) for i in range(count)]

    def replica(self, device_id, rows, **more):
        plan = {'kind': self.kind, 'account': self.account, 'container': self.container, 'device': device_id,
                'put_timestamp': stamp(self.created), 'rows': rows}
        plan.update(more)
        return plan

    def replicas(self, cluster):
        """What to make, as demo_databases takes it, in this situation."""
        plans = getattr(self, 'plan_' + self.situation.replace(' ', '_'))(self.dice.randrange(5, 60))
        for plan in plans:
            plan['path'] = self.path(cluster.device(plan.pop('device')), plan.pop('partition', None))
        return plans

    def plan_in_agreement(self, count):
        rows = self.rows(count)
        return [self.replica(device, rows) for device in self.primaries]

    def plan_missing(self, count):
        return [self.replica(self.dice.choice(self.primaries), self.rows(count))]

    def plan_behind(self, count):
        rows = self.rows(count)
        late = self.dice.choice(self.primaries)
        return [self.replica(device, rows[:-3] if device == late else rows) for device in self.primaries]

    def plan_far_behind(self, count):
        rows = self.rows(count + 100)
        first = self.dice.choice(self.primaries)
        return [self.replica(device, rows if device == first else rows[:10]) for device in self.primaries]

    def plan_diverged(self, count):
        shared = self.rows(count)
        plans = []
        for index, device in enumerate(self.primaries):
            own = self.rows(self.dice.randrange(1, 9), 'only-%d' % index)
            own.append(self.row('object-0000', self.now - 100 + index))                  # the last one wins
            own.append(self.row('object-0001', self.now - 100 + index, deleted=index == 2))  # so does a deletion
            header = 'X-%s-Meta-Seen-By-%d' % (self.kind.capitalize(), index)
            plans.append(self.replica(device, shared + own, metadata={header: ['yes', stamp(self.now - 50)]}))
        return plans

    def plan_on_a_handoff(self, count):
        rows = self.rows(count)
        news = self.rows(2, 'written-to-the-handoff')
        return [self.replica(self.primaries[0], rows), self.replica(self.primaries[1], rows),
                self.replica(self.handoff, rows + news)]

    def plan_misplaced(self, count):
        rows = self.rows(count)
        wrong = (self.partition + 1) % (1 << PART_POWER)
        plans = [self.replica(device, rows) for device in self.primaries]
        plans[0]['partition'] = wrong
        return plans

    def plan_deleted(self, count):
        rows = self.rows(count)
        tombstones = [self.row(row['name'], self.now - 3600, deleted=1) for row in rows]
        self.expected_deleted = True
        plans = [self.replica(device, rows) for device in self.primaries]
        plans[0].update(rows=tombstones, delete_timestamp=stamp(self.now - 1800))
        return plans

    def plan_corrupt(self, count):
        rows = self.rows(count)
        plans = [self.replica(device, rows) for device in self.primaries]
        self.garbage_at = self.dice.choice(self.primaries)
        return plans

    def plan_deleted_long_ago(self, count):
        del count
        self.expected_gone = True
        return [self.replica(device, [], delete_timestamp=stamp(self.now - 30 * 86400)) for device in self.primaries]


def make(cluster, seed):
    dice = random.Random(seed)
    now = time.time()
    databases, lines = [], []
    for kind, count in COUNTS.items():
        for situation in SITUATIONS:
            if situation == 'deleted long ago' and kind == 'container':
                continue  # these stay until the container-updater has reported them
            for number in range(count):
                database = Database(kind, situation, number, cluster, now, dice)
                databases.append(database)
                lines += [json.dumps(plan) for plan in database.replicas(cluster)]
    cluster.run('demo_databases', input='\n'.join(lines) + '\n')
    for database in databases:
        if database.garbage_at is not None:
            with open(database.path(cluster.device(database.garbage_at)), 'wb') as file:
                file.write(bytes(dice.randrange(256) for _ in range(8192)))
    return databases, len(lines)


def content(path, kind):
    """What peers must agree on in one file; text when it cannot be read. A reader of its own: Python's sqlite3."""
    columns = {'container': 'name, created_at, size, content_type, etag, deleted, storage_policy_index',
               'account': 'name, put_timestamp, delete_timestamp, object_count, bytes_used, deleted, '
                          'storage_policy_index'}[kind]
    table, stat = {'container': ('object', 'container_info'), 'account': ('container', 'account_stat')}[kind]
    try:
        connection = sqlite3.connect('file:%s?mode=ro' % path, uri=True)
        try:
            rows = connection.execute('SELECT %s FROM %s ORDER BY name' % (columns, table)).fetchall()
            put, delete, row_hash, metadata = connection.execute(
                'SELECT put_timestamp, delete_timestamp, hash, metadata FROM %s' % stat).fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        return str(error)
    headers = json.dumps(json.loads(metadata or '{}'), sort_keys=True)
    return (delete > put, put, delete, row_hash, headers), tuple(rows)


def find_all(cluster, kind):
    """hash -> {(device id, partition): path} of every database file below the devices."""
    found = collections.defaultdict(dict)
    for device_id in range(len(cluster.devices)):
        datadir = os.path.join(cluster.device(device_id), kind + 's')
        for folder, _, files in os.walk(datadir):
            for name in files:
                if name.endswith('.db'):
                    partition = int(os.path.relpath(folder, datadir).split(os.sep)[0])
                    found[name[:-3]][device_id, partition] = os.path.join(folder, name)
    return found


def problem_of(database, places):
    """Why the replicas are not what they must be; None when they are."""
    if database.expected_gone:
        return 'still there' if places else None
    wanted = {(device_id, database.partition) for device_id in database.primaries}
    if wanted - set(places):
        return 'replica missing'
    contents = [content(places[place], database.kind) for place in sorted(wanted)]
    if any(isinstance(one, str) for one in contents):
        return 'unreadable'
    if len(set(contents)) > 1:
        return 'replicas differ'
    if set(places) - wanted:
        return 'a copy too many'
    state, rows = contents[0]
    for row in rows:
        timestamp = row[1] if database.kind == 'container' else max(row[1], row[2])
        if database.expected_rows.get(row[0]) != (timestamp, row[5]):
            return 'row %s is wrong' % row[0]
    if len(rows) != len(database.expected_rows):
        return '%d rows instead of %d' % (len(rows), len(database.expected_rows))
    if database.expected_deleted != state[0]:
        return 'not deleted' if database.expected_deleted else 'deleted'
    return None


def judge(cluster, databases):
    """(kind, situation) -> Counter of problems; None counts those that are as they must be."""
    found = {kind: find_all(cluster, kind) for kind in COUNTS}
    table = collections.defaultdict(collections.Counter)
    for database in databases:
        table[database.kind, database.situation][problem_of(database, found[database.kind].get(database.hash, {}))] += 1
    return table


def quarantined(cluster):
    return sum(len(os.listdir(folder)) for device_id in range(len(cluster.devices)) for kind in COUNTS
               for folder in [os.path.join(cluster.device(device_id), 'quarantined', kind + 's')]
               if os.path.isdir(folder))
