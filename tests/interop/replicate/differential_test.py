"""Random requests to Swift's receiving half and to ours, on copies of one database: equal answers, equal databases.

usage: differential_test.py WORLDS      every WORLD is a database of a seed's own, and some twenty requests
DBREPL_SEED=<seed> repeats a run; DBREPL_ONLY=<number> runs one of its worlds.
"""
import json

from interop import swift_env
from interop.broker import compare, legacy_schemas
from interop.replicate.hands import OurReceiver, SwiftReceiver
from interop.replicate.world import World

SENDERS = ['peer-one', 'peer-two', 'd3a9-sda1']


def sync_request(world):
    generator, random = world.generator, world.random
    info = world.do('swift', generator.step('replication_info', {}))
    here = info.get('result') or {}
    def maybe(key, other):
        return here[key] if here.get(key) and random.random() < 0.6 else other
    metadata = random.choice(['', json.dumps(generator.metadata()), json.dumps(generator.metadata()), '{nope'])
    arguments = [random.choice([-1, 0, 3, 5, generator.row_id]), maybe('hash', '0' * 32), random.choice(SENDERS),
                 maybe('created_at', generator.plain_time()), maybe('put_timestamp', generator.time()),
                 maybe('delete_timestamp', generator.zero_or_time()), metadata]
    if random.random() < 0.5:
        arguments += [generator.plain_time(), random.choice([0, 0, 3]), random.choice([0, 1, 2])]
    elif random.random() < 0.1:
        arguments += ['more', 1][:random.choice([1, 2])]
    return ['sync'] + arguments


def merge_items_request(world):
    rows = [world.generator.row(from_peer=True) for _ in range(world.random.choice([1, 2, 5, 30]))]
    return ['merge_items', rows, world.random.choice(SENDERS + [None])]


def merge_syncs_request(world):
    return ['merge_syncs', world.generator.merge_syncs()['points']]


def shard_ranges_request(world):
    """Own ranges with an epoch only: those without are kept out by ours and by Swift 2.33, not yet by 2.30.1."""
    ranges = world.generator.merge_shard_ranges()['ranges']
    for shard_range in ranges:
        if shard_range['name'] == '%s/%s' % (world.account, world.container):
            shard_range['epoch'] = shard_range['epoch'] or world.generator.plain_time()
    return ['merge_shard_ranges', ranges, 'peer-one']


def random_request(world):
    makers = [sync_request] * 4 + [merge_items_request] * 4 + [merge_syncs_request]
    if world.kind == 'container':
        makers += [shard_ranges_request, lambda _: ['get_shard_ranges']]
    return world.random.choice(makers)(world)


def plain_answer(answer, world):
    """The answer as far as it has to be equal: the order of JSON members too, ids made here by their form only."""
    status, content_type, body = answer
    if status in (400, 500):
        return 'refused'
    if body.startswith(('{', '[')):
        body = json.loads(body)
    if isinstance(body, dict):
        body = compare.mask_result({'op': 'replication_info'}, world.history(), {'result': body})
    return [status, content_type, body]


def run(seed, number):
    kind = 'account' if number % 3 == 0 else 'container'
    generations = [name for of, name in legacy_schemas.ALL if of == kind]
    start = generations[number // 3 % len(generations)] if number % 4 == 1 else 'new'
    world = World('%s/%s' % (seed, number), kind, start)
    ours = None
    try:
        world.make('swift', world.random.choice([0, 3, 10]))
        world.copy('swift', 'ours')
        swift, ours = SwiftReceiver(kind, world.devices('swift')), OurReceiver(kind, world.devices('ours'))
        for count in range(world.random.choice([5, 12, 20])):
            request = random_request(world)
            world.generator.now += 1
            answers = [plain_answer(hand.ask(world.target, request, world.now), world) for hand in (swift, ours)]
            if answers == ['refused', 'refused']:
                continue
            line = compare.difference(answers[0], answers[1], 'answer') or compare.difference(
                compare.dump(world.path('swift'), world.history()), compare.dump(world.path('ours'), world.history()), 'database')
            if line:
                return '%s from %s, request %d %s: %s (Swift first); log %s' % (
                    kind, start, count, json.dumps(request)[:600], line[:1500], ours.log)
    finally:
        if ours:
            ours.close()
        world.close()
    return None


def main():
    print('%d databases: answers and contents equal' % swift_env.run_numbered(run))


if __name__ == '__main__':
    main()
