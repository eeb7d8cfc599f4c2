"""What can befall the replicas of a database, for containers and accounts alike. Each function makes the databases of one
name; `ends` says what Swift alone makes of them in the end, checked before anything is compared with it:

equal    the three primaries hold equal databases, the handoff none
apart    the same nodes hold one, but they differ for ever (Swift settles no ties)
gone     nobody has it any more
open     whatever Swift makes of it (while containers are sharded)

`counted` is false where counters need not be equal; differences.py says why.
"""
import inspect
import os

from cluster.world import DAY, rows


def ends(how, only=None):
    def mark(scenario):
        scenario.ends, scenario.only = how, only
        return scenario
    return mark


def uncounted(*kinds):
    def mark(scenario):
        scenario.uncounted = kinds
        return scenario
    return mark


def idle_unknown(db):
    db.create_on((0, 1, 2), rows('i', 30, deleted_every=4))


def idle_known(db):
    db.know(db.create_on((0, 1, 2), rows('i', 30, deleted_every=4)))


def idle_partly_known(db):
    brokers = db.create_on((0, 1, 2), rows('i', 30))
    db.know(brokers[:2])
    db.know(brokers[1:], point=12)


def empty(db):
    db.create_on((0, 1, 2))


def missing_second(db):
    db.create_on((0, 2), rows('m', 12, deleted_every=5))


def missing_but_first(db):
    db.create(0, rows('m', 30, deleted_every=5))


def missing_but_last(db):
    db.create(2, rows('m', 5))


def missing_empty(db):
    db.create(1)


def missing_big(db):
    db.create(1, rows('m', 3000, deleted_every=7))


@uncounted('account', 'container')
def missing_and_diff(db):
    common = rows('c', 20)
    db.create(0, common + rows('first', 3, at=100))
    db.create(1, common + rows('second', 4, at=200))


@uncounted('account')
def diff_first_ahead(db):
    common = rows('c', 10)
    db.create(0, common + rows('more', 5, at=50))
    db.create_on((1, 2), common)


@uncounted('account')
def diff_last_ahead(db):
    common = rows('c', 10)
    db.create(2, common + rows('more', 7, at=50, deleted_every=2))
    db.create_on((0, 1), common)


def diff_known(db):
    brokers = db.create_on((0, 1, 2), rows('c', 25))
    db.know(brokers)
    db.add(brokers[1], rows('more', 6, at=50))


@uncounted('account')
def diff_one_batch(db):
    common = rows('c', db.per_diff + 10)
    db.create(0, common + rows('more', db.per_diff, at=50))
    db.create_on((1, 2), common)


def diff_of_exactly_two_batches(db):
    common = rows('c', 3 * db.per_diff)
    brokers = db.create_on((0, 1, 2), common)
    db.know(brokers)
    db.add(brokers[0], rows('more', 2 * db.per_diff, at=2000))


def diff_of_two_batches_and_one_row(db):
    brokers = db.create_on((0, 1, 2), rows('c', 3 * db.per_diff))
    db.know(brokers)
    db.add(brokers[2], rows('more', 2 * db.per_diff + 1, at=2000))


def diff_at_the_cap(db):
    brokers = db.create_on((0, 1, 2), rows('c', 2 * db.cap))
    db.know(brokers)
    db.add(brokers[0], rows('more', db.cap, at=2000))


@uncounted('account')
def diff_beyond_the_cap(db):
    brokers = db.create_on((0, 1, 2), rows('c', 2 * db.cap))
    db.know(brokers)
    db.add(brokers[1], rows('more', db.cap + db.per_diff + 3, at=2000))


def diff_into_empty(db):
    db.create(0, rows('m', db.per_diff - 1))
    db.create_on((1, 2))


@uncounted('account')
def both_ways(db):
    common = rows('c', 15, deleted_every=6)
    for position, count in enumerate((4, 9, 2)):
        db.create(position, common + rows(f'own{position}', count, at=100 * position), created=position)


@uncounted('account')
def points_travel(db):
    """One node tells a third with its rows how much of a second's rows that makes: else the second would send them all, which
    are more than it may."""
    positions = sorted(range(3), key=lambda position: db.place.nodes[position])
    first, second, third = db.create_on(positions, rows('c', db.cap + 10))
    db.know([first, second])
    db.know([first, third])
    db.add(first, rows('more', 5, at=9000))
    db.add(second, rows('newer', 2, at=9500))


@uncounted('account')
def both_ways_same_names(db):
    for position, order in enumerate(((1, 2, 3), (2, 3, 1), (3, 1, 2))):
        db.create(position, [(f'x{number}', 10 * order[number % 3] + position, int((number + position) % 4 == 0))
                             for number in range(12)])


@uncounted('account')
@ends('apart')
def ties(db):
    """Equal names and timestamps, different contents: whoever has a row keeps it, and the hash does not show it."""
    for position in range(3):
        name = 'size' if db.is_container else 'bytes_used'
        db.create(position, rows('c', 8) + [(f'tie{number}', 500, int(db.is_container and position == number),
                                             {name: 100 * position + number}) for number in range(3)])


@uncounted('account')
def tombstones(db):
    db.create(0, [(f't{number}', 20, 1) for number in range(10)])
    db.create(1, [(f't{number}', 11 + 2 * number) for number in range(10)])
    db.create(2, [(f't{number}', 5, number % 2) for number in range(10)])


def tombstones_of_old(db):
    """Beyond reclaim_age: on one node with older rows elsewhere, and on all."""
    everywhere = [(f'all{number}', -8 * DAY, 1) for number in range(5)] + rows('c', 12)
    brokers = db.create_on((0, 1, 2), everywhere)
    db.know(brokers)
    db.add(brokers[1], [(f'young{number}', number, 1) for number in range(5)])


def metadata(db):
    brokers = db.create_on((0, 1, 2), rows('m', 4))
    for position, broker in enumerate(brokers):
        broker.update_metadata({'X-Meta-A': (f'value {position} \u00e9\U0001f600', db.stamp(position)),
                                f'X-Meta-{position}': ('' if position == 2 else 'own', db.stamp(7))})


@ends('apart')
def metadata_ties(db):
    for position, broker in enumerate(db.create_on((0, 1, 2), rows('m', 4))):
        broker.update_metadata({'X-Meta-Same': (f'mine {position}', db.stamp(9))})


def metadata_known(db):
    brokers = db.create_on((0, 1, 2), rows('m', 4))
    db.know(brokers)
    brokers[2].update_metadata({'X-Meta-A': ('late', db.stamp(99)), 'X-Meta-Old': ('', db.stamp(-8 * DAY))})


def timestamps(db):
    for position in range(3):
        broker = db.create(position, rows('t', 3), created=50 - position)
        broker.update_put_timestamp(db.stamp(60 + 5 * ((position + 1) % 3)))


@uncounted('account')
def names(db):
    odd = ['a b', 'ü\u0301', '\U0001f600', '"quoted\'', 'new\nline', '%2F', 'z' * 1024, '\x7f', '\\', '\ud7ff\ue000']
    db.create(0, [(name, number) for number, name in enumerate(odd)])
    db.create(1, [(name, 100 + number, 1) for number, name in enumerate(odd[:4])])
    db.create(2, [('x' + name, number) for number, name in enumerate(odd)])


def deleted_on_one(db):
    brokers = db.create_on((0, 1, 2))
    brokers[1].delete_db(db.stamp(30))


def deleted_and_made_again(db):
    brokers = db.create_on((0, 1, 2))
    brokers[0].delete_db(db.stamp(30))
    brokers[2].delete_db(db.stamp(40))
    brokers[2].update_put_timestamp(db.stamp(50))


def deleted_with_rows_elsewhere(db):
    brokers = db.create_on((0, 1, 2))
    brokers[0].delete_db(db.stamp(30))
    db.add(brokers[1], rows('late', 3, at=20))


@ends('gone')
def reclaimable(db):
    for broker in db.create_on((0, 1, 2), created=-20 * DAY):
        broker.delete_db(db.stamp(-9 * DAY))
        report(db, broker)


@ends('gone')
def reclaimable_on_the_handoff(db):
    broker = db.create(3, created=-20 * DAY)
    broker.delete_db(db.stamp(-9 * DAY))
    report(db, broker)


@ends('equal', only='container')
def reclaimable_not_reported(db):
    for broker in db.create_on((0, 1, 2), created=-20 * DAY):
        broker.delete_db(db.stamp(-9 * DAY))


@ends('gone')
def reclaimable_on_two(db):
    """The third learns of the deletion first and is reclaimed a pass later."""
    for position, broker in enumerate(db.create_on((0, 1, 2), created=-20 * DAY)):
        if position != 1:
            broker.delete_db(db.stamp(-9 * DAY))
            report(db, broker)
        else:
            db.sql(broker, f'UPDATE {broker.db_type}_{"info" if db.is_container else "stat"} SET delete_timestamp = ?, '
                   'put_timestamp = ?', db.stamp(-9 * DAY), db.stamp(-20 * DAY))
            report(db, broker)


def report(db, broker):
    """As Swift's updater does once the account knows."""
    if db.is_container:
        info = broker.get_info()
        broker.reported(info['put_timestamp'], info['delete_timestamp'], info['object_count'], info['bytes_used'])


def handoff_only(db):
    db.create(3, rows('h', 15, deleted_every=4))


@uncounted('account')
def handoff_with_primaries(db):
    for position in range(4):
        db.create(position, rows('c', 9) + rows(f'own{position}', 3, at=50 * position))


def handoff_with_nothing_new(db):
    db.know(db.create_on((0, 1, 2, 3), rows('h', 9)))


@uncounted('account', 'container')
def handoff_and_missing_primary(db):
    db.create_on((0, 2), rows('h', 9))
    db.create(3, rows('h', 9) + rows('more', 4, at=90))


@uncounted('account')
def handoff_beyond_the_cap(db):
    brokers = db.create_on((0, 1, 2, 3), rows('h', 2 * db.cap))
    db.know(brokers)
    db.add(brokers[3], rows('more', db.cap + 5, at=2000))


def handoff_empty(db):
    db.create(3)


@uncounted('account', 'container')
def wrong_partition(db):
    db.create(0, rows('w', 8) + rows('more', 3, at=70), partition=(db.place.partition + 1) % 64)
    db.create_on((1, 2), rows('w', 8))


@uncounted('account', 'container')
def wrong_partition_beside_the_right_one(db):
    db.create_on((0, 1, 2), rows('w', 8))
    db.create(1, rows('w', 8) + rows('more', 3, at=70), partition=(db.place.partition + 9) % 64)


def wrong_partition_only(db):
    db.create(1, rows('w', 8), partition=(db.place.partition + 5) % 64)


@uncounted('account')
def wrong_partition_on_the_handoff(db):
    db.create_on((0, 1), rows('w', 8))
    db.create(3, rows('w', 8) + rows('more', 3, at=70), partition=(db.place.partition + 7) % 64)


def corrupt(db, position, spoil):
    db.create_on((0, 1, 2), rows('c', 8))
    path = db.place.path(db.world.root, db.place.nodes[position])
    with open(path, 'r+b') as file:
        spoil(file)


def corrupt_first(db):
    corrupt(db, 0, lambda file: file.write(b'garbage ' * 1000))


def corrupt_second(db):
    corrupt(db, 1, lambda file: file.write(b'garbage ' * 1000))


def corrupt_last(db):
    corrupt(db, 2, lambda file: file.write(b'garbage ' * 1000))


def corrupt_inside(db):
    corrupt(db, 1, lambda file: (file.seek(4096), file.write(b'\xff' * (os.path.getsize(file.name) - 4096))))


def truncated_to_nothing(db):
    corrupt(db, 1, lambda file: file.truncate(0))


def truncated_in_the_middle(db):
    corrupt(db, 2, lambda file: file.truncate(5000))


def without_its_table(db, position):
    brokers = db.create_on((0, 1, 2), rows('c', 8))
    db.sql(brokers[position], 'DROP VIEW container_stat' if db.is_container else 'DROP TABLE account_stat')


def table_lost_first(db):
    without_its_table(db, 0)


def table_lost_last(db):
    without_its_table(db, 2)


@uncounted('account')
def pending_on_one(db):
    brokers = db.create_on((0, 1, 2), rows('p', 5))
    for number in range(4):
        db.put_pending(brokers[0], f'waiting{number}', 70 + number)


@uncounted('account')
def pending_on_all(db):
    for position, broker in enumerate(db.create_on((0, 1, 2), rows('p', 5))):
        for number in range(3):
            db.put_pending(broker, f'waiting{number + position}', 70 + 10 * position + number)


@uncounted('account')
def pending_on_the_handoff(db):
    db.create_on((0, 1, 2), rows('p', 5))
    db.put_pending(db.create(3, rows('p', 5)), 'waiting', 70)


def pending_where_others_miss(db):
    db.put_pending(db.create(1), 'waiting', 70)


def of(module, kind, counted=True):
    """The scenarios of a module for this kind; those whose counters are compared, or the others."""
    found = [value for value in vars(module).values() if getattr(value, '__module__', '') == module.__name__ and
             callable(value) and list(inspect.signature(value).parameters) == ['db']]
    return [scenario for scenario in found if getattr(scenario, 'only', None) in (None, kind) and
            (kind in getattr(scenario, 'uncounted', ())) != counted]
