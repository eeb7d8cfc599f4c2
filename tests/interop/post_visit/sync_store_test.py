"""The sync store in turns by Swift's ContainerSyncStore and by ours, each on what the other left."""
import os
import random
import sys

from interop import swift_env
from interop.broker.swift_hand import at_time
from interop.post_visit.nodes import DEVICES, Pair, internal
from swift.container.backend import ContainerBroker
from swift.container.sync_store import ContainerSyncStore

NOW = 1700100000
STEPS = 120


class Quiet:
    def debug(self, *_, **__):
        pass
    info = warning = error = exception = debug


def expect(condition, what):
    if not condition:
        sys.exit(what)


def change(broker, chance, when):
    choice = chance.randrange(5)
    if choice == 0:
        broker.delete_db(internal(when))
    elif choice == 1:
        broker.update_put_timestamp(internal(when))
    else:
        broker.update_metadata({'X-Container-Sync-To': (chance.choice(['', '//r/c/a/c']), internal(when)),
                                'X-Container-Sync-Key': (chance.choice(['', 'k']), internal(when))})


def wanted(broker):
    """As the rule has it, told anew."""
    values = [broker.metadata.get('X-Container-Sync-' + name, ('', ''))[0] for name in ('To', 'Key')]
    return all(values) and not broker.is_deleted()


def check_in_turns(pair, chance):
    brokers = {name: pair.create('a', name) for name in ('c1', 'c2', 'c3')}
    os.rename(pair.devices('swift'), pair.devices('ours'))
    paths = {name: pair.path('ours', 'a', name) for name in brokers}
    brokers = {name: ContainerBroker(path, account='a', container=name) for name, path in paths.items()}
    store = ContainerSyncStore(pair.devices('ours'), Quiet(), False)
    seen = set()
    for step in range(STEPS):
        name = chance.choice(list(paths))
        broker = ContainerBroker(paths[name], account='a', container=name)
        with at_time(NOW + step):
            change(broker, chance, NOW + step)
            hand = chance.choice(['swift', 'ours'])
            if hand == 'swift':
                store.update_sync_store(broker)
            else:
                answer = pair.ask({'do': 'update_store', 'db': paths[name]})
                expect(answer == {'log': []}, 'our update: %s' % answer)
        listed = sorted(store.synced_containers_generator())
        seen.add((hand, wanted(broker)))
        expect((paths[name] in listed) == bool(wanted(broker)), 'step %d of %s: %s' % (step, hand, listed))
    expect(len(seen) == 4, 'not every case was met: %s' % seen)
    return store, paths


def check_removal(pair, store, paths):
    brokers = {name: ContainerBroker(path, account='a', container=name) for name, path in paths.items()}
    for broker in brokers.values():
        store.add_synced_container(broker)
    expect(sorted(store.synced_containers_generator()) == sorted(paths.values()), 'not all were added')
    for name in ('c1', 'c2'):
        expect(pair.ask({'do': 'remove_from_store', 'db': paths[name]}) == {'log': []}, 'our removal')
        store.remove_synced_container(brokers[name])
    expect(list(store.synced_containers_generator()) == [paths['c3']], 'not just c3 is left')
    store.remove_synced_container(brokers['c3'])
    expect(pair.ask({'do': 'remove_from_store', 'db': paths['c3']}) == {'log': []}, 'our second removal')
    expect(os.listdir(os.path.join(pair.devices('ours'), DEVICES[0])) == ['containers'], 'directories are left')


def main():
    chance = random.Random(swift_env.seed())
    with Pair() as pair:
        store, paths = check_in_turns(pair, chance)
        check_removal(pair, store, paths)
    print('both keep one store')


if __name__ == '__main__':
    main()
