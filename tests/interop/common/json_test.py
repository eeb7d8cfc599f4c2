"""Documents that Python writes or mangles: read and written by our JSON as by Python's."""
import json
import math
import random
import re
import struct
import unittest

from interop import swift_env
from interop.probe_program import ProbeProgram

DOCUMENTS = 3000
MANGLED = 3000
ALPHABET = 'ab"\\/\b\n\t\x00\x1f\x7f\x80éÿĀ\u2028\ud7ff\uffff😀\U0010ffff'
RNG = random.Random()
# Refused by its exponent alone, also where the number would be 0 (0e999).
EXPONENT_BEYOND_DOUBLE = re.compile(rb'[eE]\+?0*[1-9][0-9]{3}|[eE]\+?0*(3[1-9]|[4-9][0-9])[0-9]')


def random_text():
    return ''.join(RNG.choice(ALPHABET) for _ in range(RNG.randrange(6)))


def random_float():
    while True:
        value = RNG.choice([RNG.uniform(-1, 1), RNG.uniform(-1e6, 1e6), float(RNG.randrange(2 ** 53, 2 ** 60)),
                            struct.unpack('>d', RNG.randbytes(8))[0]])
        if math.isfinite(value):
            return value


def random_value(depth):
    kind = RNG.randrange(8 if depth else 6)
    if kind == 0:
        return RNG.choice([None, True, False])
    if kind in (1, 2):
        return RNG.choice([RNG.randrange(-10, 10), RNG.randrange(-2 ** 63, 2 ** 63)])
    if kind == 3:
        return random_float()
    if kind in (4, 5):
        return random_text()
    if kind == 6:
        return [random_value(depth - 1) for _ in range(RNG.randrange(5))]
    return {random_text(): random_value(depth - 1) for _ in range(RNG.randrange(5))}


def only_what_we_take(value):
    """False for what Python reads and we refuse or change on purpose: NaN, infinities, integers beyond 64 bits and lone
    surrogates."""
    if isinstance(value, bool):
        return True
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return -2 ** 63 <= value < 2 ** 63
    if isinstance(value, str):
        return not any(0xd800 <= ord(c) < 0xe000 for c in value)
    if isinstance(value, list):
        return all(map(only_what_we_take, value))
    if isinstance(value, dict):
        return all(only_what_we_take(k) and only_what_we_take(v) for k, v in value.items())
    return True


class JsonTest(unittest.TestCase):
    def setUp(self):
        self.probe = ProbeProgram('conf_probe')
        self.addCleanup(self.probe.close)

    def check(self, text):
        """Compares one document; returns whether both read it."""
        answer = self.probe('json', hex=text.hex())
        try:
            value = json.loads(text.decode('utf-8'))
        except (ValueError, RecursionError):
            self.assertIn('error', answer, text)
            return False
        if not only_what_we_take(value) or EXPONENT_BEYOND_DOUBLE.search(text):
            return False
        self.assertEqual([json.dumps(value), json.dumps(value, sort_keys=True)], answer.get('ok'), (text, answer))
        return True

    def test_random_documents(self):
        for _ in range(DOCUMENTS):
            value = random_value(4)
            text = json.dumps(value, ensure_ascii=RNG.random() < 0.5, indent=RNG.choice([None, None, 1]))
            self.assertTrue(self.check(text.encode('utf-8')), text)

    def test_mangled_documents(self):
        read = 0
        for _ in range(MANGLED):
            text = bytearray(json.dumps(random_value(3), ensure_ascii=RNG.random() < 0.5).encode('utf-8'))
            for _ in range(RNG.randrange(1, 3)):
                place = RNG.randrange(len(text) + 1)
                text[place:place + RNG.randrange(3)] = RNG.choice(
                    [b'', b'"', b'\\', b'\\u', b'\\ud83d', b'0', b'-', b'.', b'e', b',', b'[', b'}', b'\xff', b'\x00', b' '])
            read += self.check(bytes(text))
        self.assertGreater(read, MANGLED // 50)
        self.assertLess(read, MANGLED)


if __name__ == '__main__':
    RNG.seed(swift_env.seed())
    unittest.main()
