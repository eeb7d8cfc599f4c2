"""Random rings of Swift's RingBuilder: every look-up is Swift's, and what we write of them Swift reads as the same ring."""
import gzip
import hashlib
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import zlib

from interop import swift_env
from interop.ring import random_rings
from interop.ring.probe import Probe

from swift.common import utils
from swift.common.ring import Ring, RingData

RINGS = 60
NAMES = 10000
HANDOFF_PARTITIONS = 256
VARIANTS = ['saved', 'saved', 'swapped', 'no-byteorder', 'old-devices']
# Every power at least once, big ones seldom: Swift's builder takes seconds for each of them.
PART_POWERS = list(range(15)) + [14] + [power for power in range(9) for _ in range(5)]


def configure_cluster(rng, swift_dir):
    """The same hash prefix and suffix for Swift in this process and for our programs."""
    prefix, suffix = rng.choice([('', 'changeme'), ('pré', ''), ('a b', 'ÿ#')])
    with open(os.path.join(swift_dir, 'swift.conf'), 'w', encoding='latin-1') as out:
        out.write(f'[swift-hash]\nswift_hash_path_prefix = {prefix}\nswift_hash_path_suffix = {suffix}\n')
    utils.HASH_PATH_PREFIX, utils.HASH_PATH_SUFFIX = prefix.encode('latin-1'), suffix.encode('latin-1')


def random_names(rng):
    def text():
        return ''.join(rng.choice('abcXYZ019 /%_-.~éß☃\U0001f600"\\') for _ in range(rng.randint(1, 20)))
    return [[text() for _ in range(rng.randint(1, 3))] for _ in range(NAMES)]


def get_nodes(*arguments, stdin=''):
    run = subprocess.run([swift_env.program('get-nodes'), *arguments], input=stdin.encode(), capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    return [json.loads(line) for line in run.stdout.splitlines()]


def check_lookups(rng, path, swift_dir, names):
    """Partitions of names, primaries of every partition, whole handoff sequences of up to 256."""
    ring = Ring(path, reload_time=1e9)
    lines = ''.join(json.dumps(name) + '\n' for name in names)
    ours = get_nodes(path, '--names', '-', '--swift-dir', swift_dir, stdin=lines)
    assert ours == [ring.get_part(*name) for name in names], f'{path}: partitions of names'
    dump = get_nodes(path, '--dump')
    assert [line['partition'] for line in dump] == list(range(ring.partition_count)), f'{path}: partitions of the dump'
    for line in dump:
        primaries = [node['id'] for node in ring.get_part_nodes(line['partition'])]
        assert line['primaries'] == primaries, f'{path}: primaries: {line}, Swift {primaries}'
    for line in rng.sample(dump, min(len(dump), HANDOFF_PARTITIONS)):
        handoffs = [node['id'] for node in ring.get_more_nodes(line['partition'])]
        assert line['handoffs'] == handoffs, f'{path}: handoffs: {line}, Swift {handoffs}'
    lazy = get_nodes_all(path, dump[-1]['partition'])
    assert lazy == dump[-1]['handoffs'], f'{path}: --all gives {lazy}, --dump {dump[-1]}'
    return len(dump)


def get_nodes_all(path, partition):
    run = subprocess.run([swift_env.program('get-nodes'), path, '-p', str(partition), '--all', '--json'], capture_output=True,
                         check=True)
    return [node['id'] for node in json.loads(run.stdout)['handoffs']]


def contents(path):
    with gzip.open(path, 'rb') as source:
        return source.read()


def as_written(data):
    """A ring's data, without the keys of devices that a writer may fill in."""
    devices = [dev and {'region': 1, 'replication_ip': dev['ip'], 'replication_port': dev['port'], 'meta': '', **dev}
               for dev in data.devs]
    return devices, data._replica2part2dev_id, data._part_shift, data.version, data.next_part_power


def check_v1_rewrite(probe, path, again):
    probe.ask('rewrite', path, again, 1)
    assert as_written(RingData.load(again)) == as_written(RingData.load(path)), f'{path}: our version 1 differs'


def check_v2_rewrite(probe, path, v2, again):
    """Seeks in a version 2 file as Swift's newest release does, and reads it with our reader."""
    probe.ask('rewrite', path, v2, 2)
    with open(v2, 'rb') as source:
        raw = source.read()
    inflate = lambda at: zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw[at:])
    index_at, = struct.unpack('!Q', inflate(len(raw) - 31)[:8])
    blob = inflate(index_at)
    index = json.loads(blob[8:8 + struct.unpack('!Q', blob[:8])[0]])
    assert set(index) == {'swift/ring/metadata', 'swift/ring/devices', 'swift/ring/assignments'}, index
    plain = contents(v2)
    for name, (packed_start, start, packed_end, end, method, digest) in index.items():
        section = zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw[packed_start:packed_end])
        assert section == plain[start:end], f'{v2}: {name}: offsets'
        assert hashlib.new(method, section).hexdigest() == digest, f'{v2}: {name}: checksum'
        assert struct.unpack('!Q', section[:8])[0] == len(section) - 8, f'{v2}: {name}: length'
    probe.ask('rewrite', v2, again, 1)
    assert as_written(RingData.load(again)) == as_written(RingData.load(path)), f'{path}: version 2 and back differs'


def check_ring(rng, probe, swift_dir, number, names):
    builder = random_rings.build(rng, PART_POWERS[number])
    path = os.path.join(swift_dir, f'ring{number}.ring.gz')
    again, v2 = os.path.join(swift_dir, 'again.ring.gz'), os.path.join(swift_dir, 'v2.ring.gz')
    data = builder.get_ring()
    kind = rng.choice(VARIANTS)
    if kind == 'saved':
        data.save(path)
    else:
        random_rings.write_variant(data, path, kind)
    partitions = check_lookups(rng, path, swift_dir, names)
    check_v1_rewrite(probe, path, again)
    if kind == 'saved':
        assert contents(again) == contents(path), f'{path}: our version 1 has other bytes'
    # An empty last row leaves no trace in version 2.
    if len(data._replica2part2dev_id[-1]):
        check_v2_rewrite(probe, path, v2, again)
    return partitions


def main():
    rng = random.Random(swift_env.seed())
    probe = Probe()
    with tempfile.TemporaryDirectory() as swift_dir:
        os.chdir(swift_dir)  # Swift 2.30 writes rings through the current directory
        configure_cluster(rng, swift_dir)
        names = random_names(rng)
        partitions = sum(check_ring(rng, probe, swift_dir, number, names) for number in range(RINGS))
    probe.close()
    print(f'{RINGS} rings, {partitions} partitions, {NAMES} names each: all as Swift answers')


if __name__ == '__main__':
    sys.exit(main())
