"""Recon files: what we merge into them is, byte for byte, what Swift merges; and writers of both kinds at once lose
nothing of each other's."""
import json
import logging
import multiprocessing
import os
import random
import stat
import sys
import tempfile

from interop import swift_env
from interop.probe_program import ProbeProgram
from swift.common.middleware.recon import ReconMiddleware
from swift.common.utils import dump_recon_cache

LOG = logging.getLogger()
WRITERS = 3  # of each kind
WRITES = 40


def random_scalar(rng):
    return rng.choice([None, True, False, 0, -1, 2 ** 53, rng.random() * 10 ** rng.randrange(-8, 20), 1.0, 1e22, 5e-324,
                       'text', 'Grüße 語 \U0001f600', '"\\\x00\x7f\n', 1795224449.23, [], [1, {'b': 1, 'a': 2}]])


def random_value(rng):
    if rng.random() < 0.4:
        return random_scalar(rng)
    return {rng.choice('abcdé'): rng.choice([random_scalar(rng), {}, {'y': 1, 'x': {'z': 2, 'w': {}}}])
            for _ in range(rng.randrange(4))}


def content(path):
    with open(path, 'rb') as file:
        return file.read()


def same_bytes_after_every_write(rng, folder, probe):
    """Twin files: one that Swift writes, one that is ours; and a third that both write in turn."""
    swifts, ours, shared = (os.path.join(folder, name) for name in ('swift', 'ours', 'shared'))
    starts = [b'', b'{"k": 1}', b'{"k": {"a": 1}}\n', b'{"k": 1', b'not json\n{"k": 1}', b'{"a": {"b": {"c": {}}}}\n']
    for case in range(60):
        start = rng.choice(starts)
        for path in (swifts, ours, shared):
            with open(path, 'wb') as file:
                file.write(start)
        for step in range(rng.randrange(1, 6)):
            entries = {rng.choice(['a', 'k', 'é']): random_value(rng) for _ in range(rng.randrange(1, 3))}
            dump_recon_cache(entries, swifts, LOG)
            assert probe('write', file=ours, entries=entries) == {'ok': True}
            if rng.random() < 0.5:
                dump_recon_cache(entries, shared, LOG)
            else:
                assert probe('write', file=shared, entries=entries) == {'ok': True}
            expected = content(swifts)
            for path in (ours, shared):
                assert content(path) == expected, (start, entries, expected, content(path))
    modes = {stat.filemode(os.stat(path).st_mode) for path in (swifts, ours, shared)}
    assert modes == {'-rw-------'}, modes
    assert sorted(os.listdir(folder)) == ['ours', 'shared', 'swift'], os.listdir(folder)


def write_as_swift(path, name):
    failures = []
    logger = logging.Logger('swift')
    logger.exception = failures.append
    for number in range(WRITES):
        while True:
            failures.clear()
            dump_recon_cache({name: number, 'nested': {name: {'n': number}}}, path, logger)
            if not failures:
                break
            assert 'imeout' in failures[0] or 'seconds' in failures[0], failures


def write_as_ours(path, name):
    with ProbeProgram('pass_probe') as probe:
        for number in range(WRITES):
            while True:
                answer = probe('write', file=path, entries={name: number, 'nested': {name: {'n': number}}})
                if answer == {'ok': True}:
                    break
                assert 'lock not had' in answer['error'], answer


def writers_at_once_lose_nothing(folder):
    path = os.path.join(folder, 'container.recon')
    names = []
    processes = []
    for kind in (write_as_swift, write_as_ours):
        for number in range(WRITERS):
            names.append(f'{kind.__name__}{number}')
            processes.append(multiprocessing.Process(target=kind, args=(path, names[-1])))
    for process in processes:
        process.start()
    looks = 0
    while any(process.is_alive() for process in processes):
        text = content(path) if os.path.exists(path) else b''
        if text:  # empty until the first writer has renamed
            json.loads(text)
            looks += 1
        processes[0].join(0.002)
        next((p for p in processes if p.is_alive()), processes[0]).join(0.002)
    for process in processes:
        process.join()
        assert process.exitcode == 0, process
    last = WRITES - 1
    expected = dict.fromkeys(names, last)
    expected['nested'] = {name: {'n': last} for name in names}
    assert json.loads(content(path)) == expected, content(path)
    assert looks > 0
    assert os.listdir(folder) == ['container.recon'], os.listdir(folder)


def swift_answers_without_our_progress(folder, probe):
    path = os.path.join(folder, 'container.recon')
    stats = {'attempted': 3, 'failure_nodes': {}}
    entries = {'replication_stats': stats, 'replication_time': 1.5, 'replication_last': 2.5,
               'replication_progress': {'done': 1, 'remaining': None}}
    assert probe('write', file=path, entries=entries) == {'ok': True}
    recon = ReconMiddleware(None, {'recon_cache_path': folder})
    answer = recon.get_replication_info('container')
    assert answer == {'replication_stats': {'attempted': 3}, 'replication_time': 1.5, 'replication_last': 2.5}, answer


def main():
    rng = random.Random(swift_env.seed())
    with ProbeProgram('pass_probe') as probe:
        for check in (lambda folder: same_bytes_after_every_write(rng, folder, probe), writers_at_once_lose_nothing,
                      lambda folder: swift_answers_without_our_progress(folder, probe)):
            with tempfile.TemporaryDirectory() as folder:
                check(folder)
    print('recon files are written as Swift writes them')
    return 0


if __name__ == '__main__':
    sys.exit(main())
