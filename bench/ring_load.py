"""Rings: loading and look-ups, dbrepl and Swift

One ring of part power 18, 3 replicas, 1,000 devices.
"""
import array
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zlib

import measure

from swift.common.ring import RingData
from swift.common.ring import ring as swift_ring

PART_POWER, REPLICAS, DEVICES, ROUNDS = 18, 3, 1000, 15
# What an operator's cron job or a daemon's start pays with Swift: the interpreter, the imports, the ring.
SWIFT_PROCESS = ('import sys; from swift.common.ring import ring; ring.validate_configuration = lambda: None; '
                 'ring.Ring(sys.argv[1]).get_part_nodes(0)')


def make_ring(path):
    rng = random.Random(18)
    devices = [{'id': i, 'region': 1 + i % 3, 'zone': i % 12, 'ip': f'10.{i % 3}.{i % 12}.{i // 10}', 'port': 6201,
                'replication_ip': f'10.{i % 3}.{i % 12}.{i // 10}', 'replication_port': 6301, 'device': f'sd{i}',
                'weight': 100.0, 'meta': ''} for i in range(DEVICES)]
    rows = [array.array('H', [rng.randrange(DEVICES) for _ in range(1 << PART_POWER)]) for _ in range(REPLICAS)]
    RingData(rows, devices, 32 - PART_POWER, version=1).save(path)


def timed(function, repeat=1):
    """(wall, CPU) milliseconds of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(repeat):
        function()
    return (time.perf_counter() - wall) * 1000 / repeat, (time.process_time() - cpu) * 1000 / repeat


def ours(path, name):
    """(wall, CPU) milliseconds of one of ring_bench's operations."""
    run = subprocess.run([measure.program('ring_bench'), path, f'--benchmark_filter=^{name}$', '--benchmark_format=json',
                          '--benchmark_min_time=0.1'], capture_output=True, check=True)
    result = json.loads(run.stdout)['benchmarks'][0]
    scale = {'ns': 1e-6, 'us': 1e-3, 'ms': 1}[result['time_unit']]
    return result['real_time'] * scale, result['cpu_time'] * scale


def process(command):
    """(wall, CPU) milliseconds and peak MB of a program from start to end."""
    wall, cpu, memory, _ = measure.run_process(command)
    return wall * 1000, cpu * 1000, memory


def row(what, results, index, unit, digits):
    dbrepl, swift = results['dbrepl'][index], results['swift'][index]
    return what, f'{dbrepl:.{digits}f} {unit}', f'{swift:.{digits}f} {unit}', f'{swift / dbrepl:.1f}'


def main():
    folder = tempfile.TemporaryDirectory()
    os.chdir(folder.name)  # Swift 2.30 writes rings through the current directory
    path = os.path.join(folder.name, 'container.ring.gz')
    make_ring(path)
    with open(path, 'rb') as source:
        packed = source.read()
    swift_ring.validate_configuration = lambda: None
    ring = swift_ring.Ring(path, reload_time=1e9)

    whole = measure.alternate({
        'dbrepl': lambda: process([measure.program('get-nodes'), path, '-p', '0']),
        'swift': lambda: process(['/usr/bin/python3', '-c', SWIFT_PROCESS, path])}, ROUNDS)
    load = measure.alternate({
        'dbrepl': lambda: ours(path, 'BM_Load'),
        'swift': lambda: timed(lambda: swift_ring.Ring(path, reload_time=1e9)),
        'zlib': lambda: timed(lambda: zlib.decompress(packed, 47))}, ROUNDS)
    primaries = measure.alternate({
        'dbrepl': lambda: ours(path, 'BM_PrimaryNodes'),
        'swift': lambda: timed(lambda: ring.get_part_nodes(77777), 1000)}, 3)
    handoffs = measure.alternate({
        'dbrepl': lambda: ours(path, 'BM_Handoffs/-1'),
        'swift': lambda: timed(lambda: list(ring.get_more_nodes(77777)), 5)}, 3)

    print(f'Part power {PART_POWER}, {REPLICAS} replicas, {DEVICES} devices, random assignments, a file of {len(packed)} bytes. '
          f'Medians of {ROUNDS} alternating runs (look-ups: 3).\n')
    print(measure.table(['', 'dbrepl', 'Swift', 'Swift / dbrepl'], [
        row('program from start to first answer, wall', whole, 0, 'ms', 1),
        row('program from start to first answer, CPU', whole, 1, 'ms', 1),
        row('its peak memory', whole, 2, 'MB', 1),
        row('load inside a running process, wall', load, 0, 'ms', 2),
        row('load inside a running process, CPU', load, 1, 'ms', 2),
        row('primaries of a partition, CPU', primaries, 1, 'ms', 6),
        row('all handoffs of a partition, CPU', handoffs, 1, 'ms', 3)]))
    print(f"\nBare zlib inflating of the file, the floor of any load: {load['zlib'][1]:.2f} ms CPU.")


if __name__ == '__main__':
    sys.exit(main())
