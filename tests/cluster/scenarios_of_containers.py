"""What can befall containers only: timestamps of three parts, container-sync, reports to the account, sharding."""
import os

from cluster.scenarios import ends, report
from cluster.world import rows
from swift.common.utils import ShardRange, Timestamp, encode_timestamps


def three_timestamps(db):
    """Content type and metadata were set at other times than the data; each is merged by itself."""
    def encoded(data, ctype, meta):
        return encode_timestamps(*(Timestamp(db.world.base + each) for each in (data, ctype, meta)), explicit=True)
    for position, times in enumerate(((10, 20, 30), (15, 16, 17), (12, 40, 41))):
        db.create(position, [('encoded', 0, 0, {'created_at': encoded(*times), 'size': position, 'etag': f'e{position}',
                                                'content_type': f'text/{position};swift_bytes={position}'})])


def set_up_sync(db, broker, target='https://elsewhere/v1/a/c', at=5):
    broker.update_metadata({'X-Container-Sync-To': (target, db.stamp(at)), 'X-Container-Sync-Key': ('secret', db.stamp(5))})


def synced(db):
    """container-sync is set up: the replicator keeps links below sync_containers."""
    set_up_sync(db, db.create_on((0, 1, 2), rows('s', 3))[0])


def synced_no_more(db):
    for position, broker in enumerate(db.create_on((0, 1, 2), rows('s', 3))):
        set_up_sync(db, broker)
        link_sync(broker)
        if position == 1:
            set_up_sync(db, broker, target='', at=9)


def synced_on_the_handoff(db):
    broker = db.create(3, rows('s', 3))
    set_up_sync(db, broker)
    link_sync(broker)


def link_sync(broker):
    link = broker.db_file.replace('/containers/', '/sync_containers/')
    os.makedirs(os.path.dirname(link))
    os.symlink(broker.db_file, link)


def reported(db):
    for broker in db.create_on((0, 1), rows('r', 6)):
        report(db, broker)


# Sharding. Shards lie in the account .shards_AUTH_a; only the ranges matter here, not the shards themselves.

def shard_ranges(db, *bounds, at=10, state=ShardRange.FOUND, **options):
    names = ['', *bounds, '']
    return [ShardRange(f'.shards_AUTH_a/{db.place.name}-{number}', db.stamp(at), names[number], names[number + 1],
                       object_count=number, state=state, state_timestamp=db.stamp(at), **options)
            for number in range(len(names) - 1)]


def enable_sharding(db, broker, at=20):
    broker.enable_sharding(Timestamp(db.world.base + at))


def ranges_found(db):
    """Not enabled: ranges and objects travel."""
    brokers = db.create_on((0, 1, 2), rows('o', 8))
    brokers[1].merge_shard_ranges(shard_ranges(db, 'o0003', 'o0006'))
    db.add(brokers[0], rows('more', 4, at=60))


def ranges_on_one(db):
    db.create_on((0, 1, 2), rows('o', 8))[1].merge_shard_ranges(shard_ranges(db, 'o0003', 'o0006'))


def ranges_of_two_minds(db):
    """Each node knows something newer of another range."""
    brokers = db.create_on((0, 1, 2), rows('o', 8))
    for position, broker in enumerate(brokers):
        ranges = shard_ranges(db, 'o0003', 'o0006')
        ranges[position].update_state(ShardRange.CREATED, Timestamp(db.world.base + 30))
        ranges[(position + 1) % 3].update_meta(50 + position, 500, Timestamp(db.world.base + 31 + position))
        broker.merge_shard_ranges(ranges)


def ranges_deleted(db):
    brokers = db.create_on((0, 1, 2), rows('o', 8))
    for broker in brokers:
        broker.merge_shard_ranges(shard_ranges(db, 'o0003'))
    gone = shard_ranges(db, 'o0003')
    for each in gone:
        each.set_deleted(Timestamp(db.world.base + 40))
    brokers[2].merge_shard_ranges(gone)


@ends('open')
def sharding_enabled(db):
    """Objects stay where they are once an own range says so and others are there."""
    common = rows('o', 8)
    brokers = db.create_on((0, 1, 2), common)
    enable_sharding(db, brokers[0])
    brokers[0].merge_shard_ranges(shard_ranges(db, 'o0003'))
    db.add(brokers[0], rows('more', 4, at=60))
    db.add(brokers[1], rows('other', 4, at=60))


@ends('open')
def sharding_enabled_beyond_the_cap(db):
    broker = db.create(0, rows('o', 2 * db.cap))
    db.create(1, rows('o', db.per_diff))
    enable_sharding(db, broker)
    broker.merge_shard_ranges(shard_ranges(db, 'o0003'))


@ends('open')
def sharding_without_ranges(db):
    brokers = db.create_on((0, 1, 2), rows('o', 8))
    enable_sharding(db, brokers[1])
    db.add(brokers[1], rows('more', 4, at=60))


def start_sharding(db, broker):
    enable_sharding(db, broker)
    broker.merge_shard_ranges(shard_ranges(db, 'o0003'))
    assert broker.set_sharding_state()


@ends('open')
def sharding(db):
    """Two files on one node, one on the others."""
    brokers = db.create_on((0, 1, 2), rows('o', 8))
    start_sharding(db, brokers[1])
    db.add(brokers[1], rows('fresh', 3, at=60))
    db.add(brokers[2], rows('other', 3, at=60))


@ends('open')
def sharding_where_others_miss(db):
    """The fresh file goes to who has none, under its own name; the retiring one goes nowhere."""
    broker = db.create(2, rows('o', 8))
    start_sharding(db, broker)
    db.add(broker, rows('fresh', 3, at=60))


@ends('open')
def sharded(db):
    brokers = db.create_on((0, 1, 2), rows('o', 8))
    for broker in brokers[:2]:
        start_sharding(db, broker)
    assert brokers[0].set_sharded_state()
    db.add(brokers[2], rows('other', 3, at=60))


@ends('open')
def sharded_everywhere(db):
    brokers = db.create_on((0, 1, 2), rows('o', 8))
    for position, broker in enumerate(brokers):
        start_sharding(db, broker)
        assert broker.set_sharded_state()
        ranges = shard_ranges(db, 'o0003', at=10, state=ShardRange.FOUND)
        ranges[0].update_state(ShardRange.ACTIVE, Timestamp(db.world.base + 50 + position))
        broker.merge_shard_ranges(ranges)
    db.add(brokers[2], rows('misplaced', 3, at=60))


@ends('open')
def sharding_on_the_handoff(db):
    """It is kept: its rows have yet to go to shards."""
    db.create_on((0, 1, 2), rows('o', 8))
    broker = db.create(3, rows('o', 8))
    start_sharding(db, broker)


@ends('open')
def sharded_on_the_handoff(db):
    """Nothing is left to do there: it goes."""
    for broker in db.create_on((0, 1, 2, 3), rows('o', 8)):
        start_sharding(db, broker)
        assert broker.set_sharded_state()


@ends('open')
def shrinking(db):
    """A shard that gives its rows to another."""
    brokers = db.create_on((0, 1, 2), rows('o', 8))
    for broker in brokers[:2]:
        own = broker.get_own_shard_range()
        own.update_state(ShardRange.SHRINKING, Timestamp(db.world.base + 30))
        own.epoch = Timestamp(db.world.base + 30)
        broker.merge_shard_ranges([own] + shard_ranges(db, state=ShardRange.ACTIVE))
    db.add(brokers[0], rows('more', 4, at=60))
