#!/usr/bin/env python3
"""Rebalancing a ring: part power 18, 3 replicas, 1,000 devices"""
import os
import sys
import tempfile
import time

from swift.common.ring.builder import RingBuilder

import measure

PART_POWER = 18
REPLICAS = 3
DEVICES = [{'region': 1, 'zone': i % 8, 'ip': f'10.0.{i % 8}.{i // 40}', 'port': 6202, 'device': f'sd{i}',
            'weight': 100.0 + i % 5 * 20} for i in range(1000)]


def swift_seconds():
    """[first rebalance, rebalance after one device lost its weight], the library alone, without any file."""
    builder = RingBuilder(PART_POWER, REPLICAS, 1)
    for dev in DEVICES:
        builder.add_dev({**dev, 'replication_ip': dev['ip'], 'replication_port': dev['port']})
    seconds = []
    for change in (lambda: None, lambda: builder.set_dev_weight(3, 0.0)):
        change()
        builder.pretend_min_part_hours_passed()
        started = time.perf_counter()
        builder.rebalance(seed=1)
        seconds.append(time.perf_counter() - started)
    return seconds


def our_seconds():
    """The same with the program, start to end: builder read, builder, ring and two backups written and synced."""
    program = measure.program('ring-builder')
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'x.builder')

        def run(*words):
            return measure.run_process([program, path, *map(str, words)])[0]
        run('create', PART_POWER, REPLICAS, 1)
        adds = []
        for dev in DEVICES:
            adds += [f"r1z{dev['zone']}-{dev['ip']}:{dev['port']}/{dev['device']}", dev['weight']]
        run('add', *adds)
        first = run('rebalance', '--seed', 1)
        run('pretend_min_part_hours_passed')
        run('set_weight', 'd3', 0)
        return [first, run('rebalance', '--force', '--seed', 1)]


def main():
    print('ring-builder, three runs', file=sys.stderr)
    ours = [min(column) for column in zip(*(our_seconds() for _ in range(3)))]
    print("Swift's RingBuilder, one run (minutes)", file=sys.stderr)
    swift = swift_seconds()
    print("Wall seconds. Swift: RingBuilder.rebalance() in memory, one run. dbrepl: the whole program with reading and writing\n"
          'its files, best of three. The goal is a tenth of Swift\'s time.\n')
    names = ('first rebalance', 'rebalance after one device was drained')
    print(measure.table(['', 'Swift', 'dbrepl', 'times faster'],
                        [[name, f'{theirs:.1f}', f'{own:.2f}', f'{theirs / own:.0f}']
                         for name, theirs, own in zip(names, swift, ours)]))
    if any(own > theirs / 10 for theirs, own in zip(swift, ours)):
        sys.exit('slower than a tenth of Swift\'s time')


main()
