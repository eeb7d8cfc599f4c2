"""Two replicas of a container in all states of sharding: the asking one's x the answering one's x how many rows they have."""
import itertools

from cluster.scenarios import ends
from cluster.scenarios_of_containers import enable_sharding, shard_ranges, start_sharding
from cluster.tables import ANSWERING, ASKING, on
from cluster.world import rows
from swift.common.utils import ShardRange, Timestamp


def unsharded(db, broker):
    pass


def found(db, broker):
    broker.merge_shard_ranges(shard_ranges(db, 'c0003'))


def enabled(db, broker):
    enable_sharding(db, broker)
    found(db, broker)


def sharding(db, broker):
    start_sharding(db, broker)


def sharded(db, broker):
    start_sharding(db, broker)
    assert broker.set_sharded_state()


def collapsed(db, broker):
    """All shards have shrunk into it."""
    sharded(db, broker)
    gone = shard_ranges(db, 'c0003')
    for each in gone:
        each.update_state(ShardRange.SHRUNK, Timestamp(db.world.base + 70))
        each.set_deleted(Timestamp(db.world.base + 70))
    broker.merge_shard_ranges(gone)
    own = broker.get_own_shard_range()
    own.update_state(ShardRange.ACTIVE, Timestamp(db.world.base + 71))
    broker.merge_shard_ranges([own])
    assert broker.get_db_state() == 'collapsed'


STATES = (unsharded, found, enabled, sharding, sharded, collapsed)
# Rows that both have, the asking one's, the answering one's; and how many are written once it is in its state. Tombstones where
# one is far behind: Swift's patience for a merge of files depends on the rows that are not deleted.
ROWS = {
    'none': ([], [], []),
    'few': (rows('c', 5), rows('mine', 3, at=100), rows('yours', 4, at=200)),
    'many': (rows('c', 30), rows('mine', 25, at=100), rows('yours', 45, at=200)),
    'far': ([], rows('mine', 90, at=100, deleted_every=1), rows('yours', 2, at=200, deleted_every=1)),
}


def make(db, node, state, common, own):
    broker = db.create(on(db, node), common + own[:len(own) // 2])
    state(db, broker)
    db.add(broker, own[len(own) // 2:])


def cells(amounts=tuple(ROWS)):
    return [cell(*key) for key in itertools.product(STATES, (*STATES, None), amounts)]


def sends_files(name):
    return 'nobody' in name or name.endswith('far')


def cell(local, remote, amount):
    common, mine, yours = ROWS[amount]

    @ends('open')
    def states(db):
        make(db, ASKING, local, common, mine)
        if remote:
            make(db, ANSWERING, remote, common, yours)
    states.__name__ = f'{local.__name__} asks {remote.__name__ if remote else "nobody"} {amount}'
    return states
