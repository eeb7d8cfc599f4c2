"""Swift's _post_replicate_hook and ours on copies of one container: equal queues, points, links, and databases.

usage: hook_test.py WORLDS      DBREPL_SEED=<seed> repeats a run; DBREPL_ONLY=<number> runs one of its worlds
"""
import random

from interop import swift_env
from interop.broker import compare
from interop.broker.swift_hand import at_time
from interop.post_visit.nodes import Pair, internal, row
from swift.common.utils import encode_timestamps, Timestamp

NAMES = ['plain', 'with/slash', 'dots:and=more', 'gr\u00fc\u00dfe', '\U0001f600', 'x' * 300, 'a b', '1:/x/y/z']
NOW = 1700100000


def times(chance):
    seconds = 1700000000 + chance.choice([0, 0.5, 3599.99999, 3600, 7200.12345]) + chance.randrange(3) * 1800
    first = Timestamp(seconds, offset=chance.choice([0, 0, 0, 3]))
    if chance.random() < 0.6:
        return first.internal
    second = Timestamp(seconds + chance.choice([0, 10, 3600]))
    third = Timestamp(second.timestamp + chance.choice([0, 5, 7200]))
    return encode_timestamps(first, second, third)


def fill(broker, chance):
    """Some merges of rows in one or several policies, with a change of the container's own policy in between."""
    policies = chance.choice([[0], [0], [0, 1], [0, 1, 2], [1]])
    for _ in range(chance.randrange(4)):
        rows = [row(chance.choice(NAMES) + str(chance.randrange(6)), times(chance), chance.choice(policies),
                    int(chance.random() < 0.3)) for _ in range(chance.randrange(1, 9))]
        with at_time(NOW - 500):
            broker.merge_items(rows)
            if chance.random() < 0.2:
                broker.set_storage_policy_index(chance.choice(policies), timestamp=internal(NOW - 400))


def set_metadata(broker, chance):
    metadata = {}
    if chance.random() < 0.5:
        metadata['X-Container-Sync-To'] = (chance.choice(['', '//realm/cluster/a/c']), internal(NOW - 300))
    if chance.random() < 0.5:
        metadata['X-Container-Sync-Key'] = (chance.choice(['', 'secret']), internal(NOW - 300))
    if chance.random() < 0.3:
        metadata['X-Container-Sysmeta-Shard-Quoted-Root'] = ('a/the%20root', internal(NOW - 300))
    elif chance.random() < 0.1:
        metadata['X-Container-Sysmeta-Shard-Root'] = ('a/old root', internal(NOW - 300))
    if metadata:
        broker.update_metadata(metadata)


def run_world(seed, number):
    chance = random.Random('%s/%s' % (seed, number))
    account = chance.choice(['a', 'a', '.shards_a', '.misplaced_objects'])
    with Pair(local=chance.randrange(3)) as pair:
        broker = pair.create(account, 'c', policy=chance.choice([0, 0, 1]))
        fill(broker, chance)
        set_metadata(broker, chance)
        if chance.random() < 0.3:
            broker.update_reconciler_sync(chance.randrange(-1, 6))
        with at_time(NOW - 200):
            if chance.random() < 0.15:
                broker.delete_db(internal(NOW - 200))
        pair.copy()
        for visit in range(chance.randrange(1, 4)):
            responses = [chance.random() < 0.7 for _ in range(chance.randrange(4))]
            per_diff = chance.choice([1, 2, 3, 1000])
            now = NOW + visit
            pair.swift_hook(account, 'c', responses, per_diff, now)
            answer = pair.our_hook(account, 'c', responses, per_diff, now)
            if answer.get('error') or answer['log']:
                return 'visit %d: %s' % (visit, answer)
            line = compare.difference(pair.dump('swift'), pair.dump('ours'), 'visit %d' % visit)
            if line:
                return line
            if chance.random() < 0.5:
                more = [row('late%d' % visit, times(chance), chance.randrange(3))]
                for side in ('swift', 'ours'):
                    with at_time(now):
                        type(broker)(pair.path(side, account, 'c'), account=account, container='c').merge_items(
                            [dict(each) for each in more])
    return None


def main():
    print(f'{swift_env.run_numbered(run_world)} worlds are equal')


if __name__ == '__main__':
    main()
