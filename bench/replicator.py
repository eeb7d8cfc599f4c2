#!/usr/bin/env python3
"""Passes of the container replicator, dbrepl and Swift, against Swift's servers"""
import os
import statistics
import sys

import disk
import measure
from replicator_world import NODES, World

IDLE = int(os.environ.get('BENCH_IDLE', '2000'))
BUSY = int(os.environ.get('BENCH_BUSY', '100'))
ROUNDS = int(os.environ.get('BENCH_ROUNDS', '3'))
DELAY_SECONDS = 0.020


def progress(text):
    print(text, file=sys.stderr, flush=True)


def idle_plans(world, count):
    rows = world.rows(0, 10)
    return [(name, hash_, partition, number, rows) for name, hash_, partition, primaries in world.names(count, True)
            for number in primaries]


def missing(world):
    return [(name, hash_, partition, 0, world.rows(0, 100)) for name, hash_, partition, _ in world.names(BUSY, True)]


def diff(world):
    return [(name, hash_, partition, number, world.rows(0, 200 if number == 0 else 100))
            for name, hash_, partition, primaries in world.names(BUSY, True) for number in primaries]


def remote_merge(world):
    return [(name, hash_, partition, number, world.rows(0, 2000) if number == 0 else world.rows(5000, 10))
            for name, hash_, partition, primaries in world.names(BUSY, True) for number in primaries]


def handoff(world):
    return [(name, hash_, partition, number, world.rows(0, 100))
            for name, hash_, partition, primaries in world.names(BUSY, False) for number in [0, *primaries]]


# What must have happened, by the counters, so that both did the same work. Two peers each, three of a handoff.
WORK = {
    'missing: 100 rows each, sent as files': (missing, {'rsync': 2 * BUSY}),
    'diff: 100 of 200 rows each': (diff, {'diff': 2 * BUSY}),
    'rsync_then_merge: 2,000 rows into 10 each': (remote_merge, {'remote_merge': 2 * BUSY}),
    'handoff: three peers have it all, then removed': (handoff, {'remove': BUSY}),
}


def check(world, expected, whose):
    stats = world.stats()
    for key, value in {'failure': 0, **expected}.items():
        if stats[key] != value:
            sys.exit('%s: %s is %s instead of %s: %s' % (whose, key, stats[key], value, stats))


def contenders(world, expected, prepare=lambda: None, **conf):
    def contender(whose):
        def run():
            prepare()
            result = world.replicate(whose, **conf)
            check(world, expected, whose)
            return result
        return run
    return {whose: contender(whose) for whose in ('Swift', 'dbrepl')}


def comparison(name, medians, count):
    (swift_wall, swift_cpu, swift_memory, swift_own), (wall, cpu, memory, own) = medians['Swift'], medians['dbrepl']
    def pair(theirs, ours):
        return '%.2f' % (1000 * theirs / count), '%.2f' % (1000 * ours / count), '%.1f' % (theirs / ours)
    return (name, *pair(swift_own, own), *pair(swift_cpu, cpu), '%.2f' % swift_wall, '%.2f' % wall, '%.1f' % (swift_wall / wall),
            '%.0f' % swift_memory, '%.0f' % memory)


def measure_idle(world):
    progress('idle: making %d databases' % IDLE)
    world.make_databases(idle_plans(world, IDLE))
    world.replicate('Swift')
    progress('idle: alternating')
    medians = measure.alternate(contenders(world, {'attempted': IDLE, 'no_change': 2 * IDLE}), ROUNDS)
    return comparison('idle', medians, IDLE)


def measure_work(world):
    for name, (plan, expected) in WORK.items():
        progress(name)
        world.clear()
        world.make_databases(plan(world))
        world.save()
        yield comparison(name, measure.alternate(contenders(world, expected, world.restore), ROUNDS), BUSY)


def settle(world, whose):
    """A pass of each node in turn, after which all replicas agree: wall, CPU with children, peak memory, own CPU."""
    world.restore()
    wall, cpu, memory, own = zip(*(world.replicate(whose, number) for number in NODES))
    if world.differ():
        sys.exit('%s: %d databases differ still' % (whose, world.differ()))
    return sum(wall), sum(cpu), max(memory), sum(own)


def measure_settling(world):
    """The databases of rsync_then_merge: whoever has merged a file has more to do, or has not, in a pass of its own."""
    progress('rsync_then_merge until all agree')
    world.clear()
    world.make_databases(remote_merge(world))
    world.save()
    world.start_server('Swift', NODES[0])
    medians = measure.alternate({whose: lambda whose=whose: settle(world, whose) for whose in ('Swift', 'dbrepl')}, ROUNDS)
    return comparison('rsync_then_merge and what it leaves: passes of all four nodes until every replica agrees', medians, BUSY)


def measure_delay(world, whose_servers):
    """Wall seconds of an idle pass at concurrency 64 through a proxy, without and with delay."""
    seconds = []
    for delay in (0.0, DELAY_SECONDS):
        proxy = world.start_proxy(delay)
        medians = measure.alternate(
            {'dbrepl': lambda: world.replicate('dbrepl', rings='slow-rings', concurrency=64)}, ROUNDS)
        check(world, {'attempted': IDLE}, 'dbrepl')
        seconds.append(medians['dbrepl'][0])
        world.end([proxy])
    return (whose_servers, '%.2f' % seconds[0], '%.2f' % seconds[1], '%.2f' % (seconds[1] / seconds[0]))


def measure_all(root):
    world = World(root)
    try:
        world.start_rsync()
        world.start_servers('Swift')
        rows = [measure_idle(world)]
        progress('delay, Swift\'s servers')
        delays = [measure_delay(world, 'Swift\'s')]
        rows += measure_work(world)
        rows.append(measure_settling(world))
        world.end()
        world.clear()
        world.make_databases(idle_plans(world, IDLE))
        world.start_servers('dbrepl')
        world.replicate('dbrepl')
        progress('delay, our servers')
        delays.append(measure_delay(world, 'ours'))
        return rows, delays
    finally:
        world.end()


def main():
    with disk.folder() as (root, filesystem):
        rows, delays = measure_all(root)
    starting_rsync = 1000 * statistics.median(measure.run_process(['/usr/bin/rsync', '--version'])[1] for _ in range(20))
    print('One pass of one of four nodes with `--once`, the peers being Swift\'s container servers, %d idle databases (two peers each)\n'
          'or %d with work to do, on %s; medians of %d alternating runs. CPU is that of the replicator from its start to its end, of its own and\n'
          'with the rsync clients it starts, two for each database that is sent as a file: the same program with the same arguments for\n'
          'both, of which `rsync --version` takes %.1f ms. The goal is a sixth of Swift\'s CPU when idle, a fifth elsewhere.\n'
          % (IDLE, BUSY, filesystem, ROUNDS, starting_rsync))
    print(measure.table(('', 'Swift: own CPU, ms a database', 'dbrepl', 'times less', 'Swift: with rsync\'s', 'dbrepl', 'times less',
                         'Swift: wall s', 'dbrepl', 'times faster', 'Swift: peak MB', 'dbrepl'), rows))
    print('\nAn idle pass at concurrency 64 through a proxy that adds %d ms to each request (goal: 1.3 times the pass without):\n'
          % (1000 * DELAY_SECONDS))
    print(measure.table(('servers', 'without, s', 'with, s', 'ratio'), delays))


if __name__ == '__main__':
    main()
