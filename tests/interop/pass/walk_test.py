"""The walk over odd trees: the same databases as Swift's, and the same empty directories removed, pass after pass."""
import os
import random
import shutil
import sys
import tempfile

from interop import swift_env
from interop.probe_program import ProbeProgram
from swift.common.db_replicator import roundrobin_datadirs

TREES = 40
MEMORY = '/dev/shm' if os.path.isdir('/dev/shm') else None
PASSES = 3
# No names that Python takes for numbers and we do not ("+1", "1_0"): docs/COMPATIBILITY.md.
PARTITIONS = ['0', '1', '7', '007', '12', '1023', '-1', 'x', 'tmp', '1.5']
SUFFIXES = ['abc', 'def', '000', 'odd name', 'é']
HASHES = ['d41d8cd98f00b204e9800998ecf8427e', 'h', 'a_b', 'é', 'x.db']
FILES = ['{h}.db', '{h}_1700000000.00000.db', '{h}_1700000001.00000.db', '{h}_.db', '{h}_1_2.db', 'other.db',
         '{h}.db.pending', '.lock', 'tmpab12.tmp', '{h}.db-journal', '{h}', '.{h}.db', '{h}.DB', 'folder/']


def put(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not path.endswith('/'):
        with open(path, 'w', encoding='utf-8') as file:
            file.write('x')


def make_tree(rng, datadir):
    """Directories and files of all levels; now and then a file where a directory is expected."""
    os.makedirs(datadir)
    for partition in rng.sample(PARTITIONS, rng.randrange(1, len(PARTITIONS))):
        if rng.random() < 0.1:
            put(os.path.join(datadir, partition))
            continue
        os.makedirs(os.path.join(datadir, partition))
        for suffix in rng.sample(SUFFIXES, rng.randrange(len(SUFFIXES))):
            below = os.path.join(datadir, partition, suffix)
            if rng.random() < 0.1:
                put(below)
                continue
            os.makedirs(below)
            for hash_ in rng.sample(HASHES, rng.randrange(len(HASHES))):
                directory = os.path.join(below, hash_)
                if rng.random() < 0.1:
                    put(directory)
                    continue
                os.makedirs(directory)
                for name in rng.sample(FILES, rng.choice([0, 0, 1, 2, 4])):
                    put(os.path.join(directory, name.format(h=hash_)))


def entries(root):
    return sorted(os.path.relpath(os.path.join(folder, name), root)
                  for folder, folders, files in os.walk(root) for name in folders + files)


def swifts_walk(datadirs):
    everything = [(datadir, number, lambda partition: True) for number, datadir in enumerate(datadirs)]
    return [[int(partition), path, number] for partition, path, number in roundrobin_datadirs(everything)]


def main():
    rng = random.Random(swift_env.seed())
    found_in_all = 0
    with ProbeProgram('pass_probe') as probe:
        for _ in range(TREES):
            with tempfile.TemporaryDirectory(dir=MEMORY) as root:
                swift_root, our_root = (os.path.join(root, name) for name in ('swift', 'ours'))
                devices = [f'd{number}' for number in range(rng.randrange(1, 4))]
                for device in devices:
                    make_tree(rng, os.path.join(swift_root, device))
                shutil.copytree(swift_root, our_root)
                for _ in range(PASSES):
                    theirs = swifts_walk([os.path.join(swift_root, device) for device in devices])
                    ours = probe('walk', datadirs=[os.path.join(our_root, device) for device in devices])['found']
                    ours = [[partition, path.replace(our_root, swift_root), device] for partition, path, device in ours]
                    assert sorted(ours) == sorted(theirs), (sorted(ours), sorted(theirs))
                    assert entries(our_root) == entries(swift_root), set(entries(our_root)) ^ set(entries(swift_root))
                    found_in_all += len(ours)
    assert found_in_all > TREES, found_in_all
    print(f'{TREES} trees, {found_in_all} databases found, as Swift finds them')
    return 0


if __name__ == '__main__':
    sys.exit(main())
