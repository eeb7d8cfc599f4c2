"""Replicas that lack more than half of another's rows: Swift sends the whole file and lets it be merged there.

Swift's replicator waits a second for each 2000 rows that are not deleted, and the usual time when there are none."""
from cluster.world import rows


def far_behind(db):
    db.create(0, rows('r', 8000, deleted_every=9))
    for position in (1, 2):
        db.create(position, rows(f'own{position}', 5))


def far_behind_one(db):
    db.create_on((0, 2), rows('r', 6000))
    db.create(1, rows('r', 100) + rows('own', 3, at=9000))


def far_behind_in_tombstones(db):
    db.create(1, [(f'r{number}', number, 1) for number in range(1500)])
    for position in (0, 2):
        db.create(position, [(f'own{position}', 5, 1)])


def far_behind_the_handoff(db):
    db.create(3, rows('r', 6000))
    db.create_on((0, 1, 2), rows('own', 5))


def far_behind_with_metadata(db):
    for position, count in ((0, 5), (1, 6000), (2, 7)):
        broker = db.create(position, rows(f'own{position}', count), created=10 - position)
        broker.update_metadata({f'X-Meta-{position}': ('own', db.stamp(7)),
                                'X-Meta-A': (f'value {position}', db.stamp(position))})
        broker.update_put_timestamp(db.stamp(20 if position == 1 else 15))
