"""Containers in a cluster of three storage policies: who wins when replicas are of different ones, and what becomes of rows that
are of another policy than their container."""
import itertools

from cluster.scenarios import ends
from cluster.world import rows

# (created, deleted, put again), seconds after the world's base.
LIVES = {
    'old': (0, None, None), 'new': (5, None, None),
    'deleted': (1, 20, None), 'deleted-late': (2, 30, None),
    'again': (3, 40, 50), 'again-late': (4, 45, 60), 'again-too-early': (3, 52, 55),
}


def live(db, position, policy, created, deleted, again):
    gone = deleted and not again
    broker = db.create(position, [] if gone else [('same', 10 + policy, 0, {'storage_policy_index': policy}),
                                                  (f'own{policy}', 11, policy % 2, {'storage_policy_index': policy})],
                       created=created, policy=policy)
    if deleted:
        db.sql(broker, 'UPDATE container_info SET delete_timestamp = ?', db.stamp(deleted))
    if again:
        broker.update_put_timestamp(db.stamp(again))
    broker.update_status_changed_at(db.stamp(again or deleted or created))
    if gone:
        broker.delete_db(db.stamp(deleted))


def conflicts():
    """Each life beside each other, the first in policy 1, the second in policy 2."""
    return [conflict(*names) for names in itertools.permutations(LIVES, 2)]


def conflict(one, other):
    @ends('open')
    def scenario(db):
        live(db, 0, 1, *LIVES[one])
        live(db, 1, 2, *LIVES[other])
    scenario.__name__ = f'{one} and {other}'
    return scenario


def three_policies(db):
    for position, policy in enumerate((1, 2, 0)):
        live(db, position, policy, position, None, None)


def misplaced(db):
    brokers = db.create_on((0, 1, 2), rows('r', 5))
    db.add(brokers[1], [(f'stray{number}', 60 + number, number % 2, {'storage_policy_index': 1 + number % 2})
                        for number in range(6)])


def misplaced_in_batches(db):
    """More than are read at a time, in queues of three hours."""
    brokers = db.create_on((0, 1, 2), rows('r', db.per_diff + 100))
    db.add(brokers[0], [(f'stray{number:03}', 60 + number - 3600 * (number % 3), 0, {'storage_policy_index': 1})
                        for number in range(db.per_diff + 1)])


def misplaced_and_seen(db):
    """The reconciler's queue has had them already."""
    for broker in db.create_on((0, 1, 2), [('stray', 60, 0, {'storage_policy_index': 1})]):
        broker.update_reconciler_sync(1)


def misplaced_on_the_handoff(db):
    db.create(3, [('stray', 60, 0, {'storage_policy_index': 1}), ('right', 61)])


def misplaced_in_a_shard(db):
    """The queue names the root, which is another container."""
    broker = db.create(0, [('stray', 60, 0, {'storage_policy_index': 2})])
    broker.set_sharding_sysmeta('Quoted-Root', 'a%2Broot/c%20root')


def one_policy_but_not_the_first(db):
    db.create_on((0, 2), [('right', 60, 0, {'storage_policy_index': 2})], policy=2)
