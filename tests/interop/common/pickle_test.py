"""Pickles that Python writes in every protocol, mangled ones, and Swift's builder files."""
import array
import os
import pickle
import random
import struct
import tempfile
import unittest

from interop import swift_env
from interop.probe_program import ProbeProgram
from swift.common.ring import RingBuilder

VALUES = 500
MANGLED = 2000
RNG = random.Random()
ALPHABET = 'ab\'"\\\n\r\t\x00\x1a\x7féÿĀ😀\ud83d\udc00'


def tagged(value):
    """As conf_probe shows values."""
    if value is None:
        return ['None']
    if isinstance(value, str):
        return ['str', value.encode('utf-8', 'surrogatepass').hex()]
    if isinstance(value, bytes):
        return ['bytes', value.hex()]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__] + [tagged(item) for item in value]
    if isinstance(value, dict):
        return ['dict'] + [[tagged(k), tagged(v)] for k, v in value.items()]
    if isinstance(value, array.array):
        return ['array', value.typecode] + list(value)
    return [type(value).__name__, value]


def random_value(depth):
    kind = RNG.randrange(10 if depth else 6)
    if kind == 0:
        return RNG.choice([None, True, False])
    if kind in (1, 2):
        return RNG.choice([RNG.randrange(300), RNG.randrange(-2 ** 16, 2 ** 32), RNG.randrange(-2 ** 63, 2 ** 63)])
    if kind == 3:
        return RNG.choice([0.0, -1.5, RNG.random(), RNG.uniform(-1e300, 1e300)])
    if kind in (4, 5):
        return ''.join(RNG.choice(ALPHABET) for _ in range(RNG.choice([0, 3, 300])))
    items = [random_value(depth - 1) for _ in range(RNG.randrange(5))]
    if kind in (6, 7):
        return tuple(items + items[:1])
    if kind == 8:
        return items
    return {RNG.choice(['a', 'b', 1, 2.5, None, (1, 'x')]): item for item in items}


class PickleTest(unittest.TestCase):
    def setUp(self):
        self.probe = ProbeProgram('conf_probe')
        self.addCleanup(self.probe.close)

    def read(self, data, arrays='no'):
        return self.probe('pickle', hex=data.hex(), arrays=arrays)

    def test_what_python_writes(self):
        for _ in range(VALUES):
            value = random_value(3)
            for protocol in range(5):
                data = pickle.dumps(value, protocol)
                self.assertEqual({'ok': tagged(value)}, self.read(data), data)

    def test_strings_of_python_2(self):
        for data in (b'U\x03a\xc3\xa9.', b'T\x02\x00\x00\x00\xc3\xa9.', b"S'\\xc3\\xa9 \\'\\101'\n.", b'I7\n.',
                     b'L-12345678901L\n.', b"(lp0\nS'x'\np1\nag1\na."):
            self.assertEqual({'ok': tagged(pickle.loads(data, encoding='utf8'))}, self.read(data), data)

    def test_arrays(self):
        for protocol in range(4):
            value = {'a': [array.array('H', [1, 65535]), array.array('B', b'\x00\xff')], 'b': array.array('I', [2 ** 32 - 1])}
            data = pickle.dumps(value, protocol)
            self.assertEqual({'ok': tagged(value)}, self.read(data, 'yes'), data)
            self.assertIn('array.', self.read(data)['error'])

    def test_builder_files_of_swift(self):
        builder = RingBuilder(6, 3, 1)
        for device in range(5):
            builder.add_dev({'region': 1, 'zone': device % 3, 'ip': f'10.0.0.{device}', 'port': 6201,
                             'device': 'sdä', 'weight': 100.5, 'meta': ''})
        builder.rebalance(seed='1')
        builder.remove_dev(4)
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'x.builder')
            builder.save(path)
            with open(path, 'rb') as file:
                data = file.read()
        self.assertEqual({'ok': tagged(pickle.loads(data))}, self.read(data, 'yes'))

    def test_mangled_ones_never_read_differently(self):
        read = 0
        for _ in range(MANGLED):
            data = bytearray(pickle.dumps(random_value(2), RNG.randrange(5)))
            for _ in range(RNG.randrange(1, 3)):
                place = RNG.randrange(len(data) + 1)
                data[place:place + RNG.randrange(3)] = RNG.choice([b'', b'K', b'(', b't', b'.', b'2', b'\x00', b'\xff', b'l', b'N'])
            answer = self.read(bytes(data))
            if 'error' in answer:
                continue
            try:
                expected = pickle.loads(bytes(data), encoding='utf8')
            except MemoryError:  # Python makes room for all memo numbers up to the one given
                continue
            read += 1
            self.assertEqual(repr(tagged(expected)), repr(answer['ok']), data)
        self.assertGreater(read, MANGLED // 100)

    def test_hostile_ones_are_refused_quickly(self):
        class Evil:
            def __reduce__(self):
                return os.system, ('true',)

        self.assertIn('system is not allowed', self.read(pickle.dumps(Evil(), 2), 'yes')['error'])
        for opcode in b'XTB\x8b':
            self.assertIn('needs', self.read(bytes([opcode]) + struct.pack('<I', 2 ** 31 - 1) + b'.')['error'])
        loop = []
        loop.append(loop)
        self.assertIn('no value may contain itself', self.read(pickle.dumps(loop, 2))['error'])
        bomb = 'x' * 1000
        for _ in range(20):
            bomb = [bomb] * 10
        self.assertIn('counting shared ones', self.read(pickle.dumps(bomb, 2))['error'])


if __name__ == '__main__':
    RNG.seed(swift_env.seed())
    unittest.main()
