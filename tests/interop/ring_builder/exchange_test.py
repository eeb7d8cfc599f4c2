"""Builders and rings pass between Swift and ring-builder: Swift's .builder files mean the same to us, our rings to Swift."""
import hashlib
import json
import os
import pickle
import random
import subprocess
import sys

import both_sides
import steps

from swift.common.ring import Ring
from swift.common.ring.builder import RingBuilder

from interop import swift_env

GOLDEN = os.path.join(os.environ['DBREPL_SOURCE'], 'tests', 'data', 'golden', 'rings', 'swift.builder')
PLACING_KEYS = ('id', 'region', 'zone', 'ip', 'port', 'replication_ip', 'replication_port', 'device', 'weight', 'meta')


def run(*words, expect=0):
    done = subprocess.run([swift_env.program('ring-builder'), *map(str, words)], capture_output=True, text=True,
                          check=False)
    assert done.returncode == expect, f'{words}: {done.returncode}: {done.stdout}{done.stderr}'
    return done.stdout


def digest(path):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


def check_same_state(swift, ours):
    """Swift's builder dict and our builder (as Swift's RingBuilder) hold the same."""
    for key in ('part_power', 'replicas', 'min_part_hours', 'version', 'overload', 'devs_changed', 'id',
                '_last_part_moves_epoch', '_last_part_gather_start'):
        got = getattr(ours, key)
        assert got == (swift[key] or 0 if key == '_last_part_moves_epoch' else swift[key]), (key, got, swift[key])
    assert len(swift['devs']) == len(ours.devs)
    for theirs, own in zip(swift['devs'], ours.devs):
        assert (theirs is None) == (own is None)
        for key in PLACING_KEYS if theirs else ():
            assert theirs[key] == own[key], (key, theirs, own)
    assert [list(row) for row in swift['_replica2part2dev'] or []] == [list(row) for row in ours._replica2part2dev or []]
    assert list(swift['_last_part_moves']) == list(ours._last_part_moves)
    assert [dev['id'] for dev in swift['_remove_devs']] == [dev['id'] for dev in ours._remove_devs]


def check_swift_builder(path, folder):
    """Reads, changes and rebalances a builder of Swift's; its file stays as it is."""
    with open(path, 'rb') as file:
        swift = pickle.load(file)
    before = digest(path)
    shown = json.loads(run(path, '--json'))
    held = {dev['id']: dev['parts'] for dev in swift['devs'] if dev}
    assert {dev['id']: dev['partitions'] for dev in shown['devices']} == held
    # The least of changes, to see the whole state as we read it.
    run(path, 'set_min_part_hours', swift['min_part_hours'])
    own = path + '.json'
    check_same_state(swift, both_sides.swift_builder_from_json(own))
    # A second change of Swift's file would lose the first.
    run(path, 'set_min_part_hours', 5, expect=2)

    rows = swift['_replica2part2dev']
    run(own, 'add', 'r1z77-10.77.0.1:6202/sdnew', 100)
    run(own, 'pretend_min_part_hours_passed')
    run(own, 'rebalance', '--force', '--seed', 3)
    builder = both_sides.swift_builder_from_json(own)
    builder.validate()
    if rows:
        assert both_sides.moved(rows, builder._replica2part2dev) < sum(map(len, rows)) * 0.7, 'nearly all moved'
    assert digest(path) == before, 'Swift\'s builder was touched'
    ring = os.path.join(folder, os.path.basename(path)[:-len('.builder')] + '.ring.gz')
    check_ring(ring, builder)


def check_ring(path, builder):
    """Swift reads the ring and finds in it what the builder holds."""
    ring = Ring(path)
    assert ring.version == builder.version
    for part in range(builder.parts):
        primaries = [node['id'] for node in ring.get_part_nodes(part)]
        wanted = [dev['id'] for dev in builder.get_part_devices(part)]
        assert primaries == wanted, (part, primaries, wanted)
    for theirs, own in zip(builder.devs, ring.devs):
        assert (theirs is None) == (own is None)
        for key in PLACING_KEYS if theirs else ():
            assert theirs[key] == own[key], (key, theirs, own)


def fresh_swift_builder(rng, folder, number):
    """A builder that Swift made and saved: half of them in the middle of a change."""
    part_power, replicas, case_steps = steps.random_case(rng)
    side = both_sides.SwiftSide(part_power, replicas, rng.randrange(1000))
    for step in case_steps:
        side.step(*step)
    if rng.random() < 0.5:
        side.builder.remove_dev(next(dev['id'] for dev in side.builder.devs if dev and dev['weight']))
    path = os.path.join(folder, f'fresh{number}.builder')
    side.builder.save(path)
    RingBuilder.load(path)
    return path


def main():
    rng = random.Random(swift_env.seed())
    with both_sides.temporary_folder() as folder:
        golden = os.path.join(folder, 'golden.builder')
        with open(GOLDEN, 'rb') as source, open(golden, 'wb') as copy:
            copy.write(source.read())
        check_swift_builder(golden, folder)
        for number in range(12):
            check_swift_builder(fresh_swift_builder(rng, folder, number), folder)
    sys.exit(0)


main()
