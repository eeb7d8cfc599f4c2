"""Hashes of names, partitions and rows, compared with Swift's: the known vectors and random names of any bytes."""
import random
import sys

from interop import swift_env
from common_probe import Probe, compare
from swift.common import utils
from swift.common.db import chexor

COUNT = 10000
NO_ROWS = '0' * 32


def random_name(rng):
    alphabet = rng.choice(['abcdefgh0123-_./ ', '\x00a\n/é', 'é€漢字\U0001f600', ''.join(map(chr, range(0x250)))])
    return ''.join(rng.choice(alphabet) for _ in range(rng.choice([1, 3, 32, 64, 200, 256])))


def random_bytes(rng):
    return bytes(rng.randrange(256) for _ in range(rng.choice([0, 3, 32])))


def hash_case(rng):
    names = [random_name(rng) for _ in range(rng.randrange(1, 4))]
    names += [''] * (3 - len(names))
    return random_bytes(rng), random_bytes(rng), names, rng.randrange(33)


def question(case):
    prefix, suffix, names, power = case
    return ['hash', prefix.hex(), suffix.hex(), *[name.encode().hex() for name in names], 32 - power]


def swifts_answer(case):
    prefix, suffix, names, power = case
    utils.HASH_PATH_PREFIX, utils.HASH_PATH_SUFFIX = prefix, suffix
    digest = utils.hash_path(*names)
    return [digest, utils.get_partition_for_hash(digest, power)]


def chexor_case(rng):
    old = rng.choice([NO_ROWS, '%032x' % rng.getrandbits(128)])
    return old, random_name(rng), '%016.5f' % rng.uniform(0, 2e9) + rng.choice(['', '_1', '+186a0-0', '-0-3-30'])


def rows_hash(probe, rows):
    value = NO_ROWS
    for name, text in rows:
        value = probe.ask('chexor', value, name.encode().hex(), text.encode().hex())
    return value


def check_vectors(probe):
    """swift-reference.md section 9."""
    wrong = compare('vector', ['a/c', 'a'], probe.ask_all([
        question((b'pre', b'suf', ['a', 'c', ''], 8)), question((b'pre', b'suf', ['a', '', ''], 0))]), [
            ['0d25b61566837c3531c8a377fbabc763', 0x0d], ['ab349048c4d787b8cac7454c3dc7c95b', 0]])
    rows = {
        'objects': ([('o1', '1700000001.00000'), ('o2', '1700000002.00000_1+186a0+186a0')],
                    '3939ece0587277eb2d81f81e9f292813'),
        'container': ([('c', '1700000001.00000-0-3-30')], '36301b7169ebf35df471d22f34e50a4b'),
        'strange name': ([('\x00o\x00é\U0001f600', '1700000005.00000')], '1e113d296c3eb97ac6c65580c41ef79b'),
    }
    wrong += compare('row vector', list(rows), [rows_hash(probe, given) for given, _ in rows.values()],
                     [expected for _, expected in rows.values()])
    if not probe.ask('hash', '', '', '61', '', '6f', 0).get('error') == 'bad_input':
        print('an object without a container was not refused')
        wrong += 1
    return wrong


def main():
    rng = random.Random(swift_env.seed())
    cases = [hash_case(rng) for _ in range(COUNT)]
    rows = [chexor_case(rng) for _ in range(2000)]
    with Probe() as probe:
        wrong = check_vectors(probe)
        wrong += compare('hash', cases, probe.ask_all([question(case) for case in cases]),
                         [swifts_answer(case) for case in cases])
        wrong += compare('chexor', rows,
                         probe.ask_all([['chexor', old, name.encode().hex(), text.encode().hex()]
                                        for old, name, text in rows]),
                         [chexor(*row) for row in rows])
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
