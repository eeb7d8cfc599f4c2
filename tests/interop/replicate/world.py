"""Databases for the receivers: made by Swift's brokers from a seed, in two devices folders that are equal."""
import os
import shutil
import sqlite3
import tempfile

from interop.broker import histories, legacy_schemas
from interop.broker.swift_hand import SwiftHand
from swift.common.utils import hash_path

# What needs no second thought in a history that only makes a database: no sharder, and nothing that quarantines.
LEFT_OUT = {'enable_sharding', 'set_sharding_state', 'set_sharded_state', 'create'}
PARTITION = '5'


class PlainGenerator(histories.Generator):
    """Without NULL in rows of accounts: sums of them are null in Swift's answers and 0 in ours."""

    def container_row(self, from_peer):
        row = super().container_row(from_peer)
        row.update(object_count=row['object_count'] or 0, bytes_used=row['bytes_used'] or 0,
                   put_timestamp=row['put_timestamp'] or '0', delete_timestamp=row['delete_timestamp'] or '0')
        return row


def stat_row(path):
    """The one row about the account or container, also of an old database."""
    with sqlite3.connect('file:%s?mode=ro' % path, uri=True) as connection:
        connection.row_factory = sqlite3.Row
        tables = {row[0] for row in connection.execute('SELECT name FROM sqlite_master')}
        table = next(name for name in ('account_stat', 'container_info', 'container_stat') if name in tables)
        row = dict(connection.execute('SELECT * FROM %s' % table).fetchone())
    connection.close()
    return row


class World:
    """<root>/swift/sda and <root>/ours/sda with the same database; its replicas elsewhere."""

    def __init__(self, seed, kind, start='new'):
        self.kind, self.start = kind, start
        self.generator = PlainGenerator('%s/world' % seed, kind, start)
        self.random = self.generator.random
        self.root = tempfile.mkdtemp(prefix='dbrepl-replicate-', dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)
        self.account, self.container = self.generator.account, self.generator.container
        self.hash = hash_path(self.account, self.container)
        self.inside = '%ss/%s/%s/%s' % (kind, PARTITION, self.hash[-3:], self.hash)
        self.target = '/sda/%s/%s' % (PARTITION, self.hash)
        self.hand = SwiftHand()

    def close(self):
        shutil.rmtree(self.root)

    @property
    def now(self):
        return self.generator.now

    def devices(self, name):
        return os.path.join(self.root, name)

    def path(self, name):
        return os.path.join(self.devices(name), 'sda', self.inside, self.hash + '.db')

    def history(self):
        # Requests are those of Swift's replicators, for which ours writes rows of accounts anew as Swift does.
        return {'kind': self.kind, 'renews': True, 'start': self.start, 'account': self.account, 'container': self.container or ''}

    def make(self, name, steps):
        """A database in <root>/<name>: created, then so many random operations."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path))
        os.makedirs(os.path.join(self.devices(name), 'sda', 'tmp'), exist_ok=True)
        if self.start == 'new':
            self.do(name, self.generator.step('create', {'put_timestamp': self.generator.plain_time(), 'policy': 0}))
        else:
            legacy_schemas.create(path, self.history())
        self.change(name, steps)

    def change(self, name, steps):
        operations = [operation for operation in self.generator.operations() if operation[1] not in LEFT_OUT]
        weights = [operation[0] for operation in operations]
        for _ in range(steps):
            _, op, arguments = self.random.choices(operations, weights)[0]
            self.do(name, self.generator.step(op, arguments(self.generator)))

    def do(self, name, step):
        return self.hand.run(self.history(), self.path(name), step)

    def copy(self, name, to):
        shutil.copytree(self.devices(name), self.devices(to), symlinks=True)

    def land(self, sender):
        """The sender's database file into both receivers' tmp, named after its id; the id."""
        self.do(sender, self.generator.step('commit_pending', {}))
        database_id = stat_row(self.path(sender))['id']
        for name in ('swift', 'ours'):
            shutil.copy(self.path(sender), os.path.join(self.devices(name), 'sda', 'tmp', database_id))
        return database_id
