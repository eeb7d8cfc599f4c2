"""Timestamps in all forms, their order and the three-in-one form, compared with Swift's on random and chosen texts."""
import random
import sys

from interop import swift_env
from common_probe import Probe, compare
from swift.common.utils import Timestamp, decode_timestamps, encode_timestamps

COUNT = 10000
CHOSEN = ['', ' ', '0', '-0', '-0.0', '5', '+5.', '.5', '.', '1e3', '1E-3', '1e', '1.5e+2', 'inf', 'nan', '-inf', 'Infinity',
          '0x10', '1e10', '9999999999.99999', '10000000000', '1e400', '1e-400', '-1', '-0.000001', ' 5\t\n', '\x1c5\x1f',
          '5\x00', '5_', '_', '_1', '5_1', '5_0x1F', '5_ 1 ', '5_+1', '5_g', '5_1_1', '5_ffffffffffffffff',
          '5_10000000000000000', '5_0000000000000000000000001', '0.015625', '0.046875', '1700000000.000025',
          '1700000002.00000', '1700000002.00000_0000000000000001', '01700000002.0', '1 2', '1,5', '--1', '+-1']


def random_text(rng):
    """Mostly what databases hold, partly what Python's float and int accept, partly damaged."""
    seconds = rng.choice([rng.uniform(0, 2e9), rng.uniform(1.6e9, 1.8e9), rng.uniform(0, 9.9e9), rng.randrange(10)])
    text = rng.choice(['%016.5f', '%.5f', '%.0f', '%r', '%.7f', '%e', ' %.3f ', '%.12f']) % seconds
    if rng.random() < 0.4:
        offset = rng.choice([0, 1, rng.randrange(2 ** 16), rng.randrange(2 ** 64), rng.randrange(2 ** 66)])
        text += '_' + rng.choice(['%016x', '%x', '%X', '0x%x', ' %x', '+%x']) % offset
    if rng.random() < 0.1:
        position = rng.randrange(len(text) + 1)
        text = text[:position] + rng.choice('0-+_.eEx \x00n') + text[position + rng.randrange(2):]
    return text


def our_domain(text):
    """False where we refuse on purpose what Swift takes: texts that no longer sort as text."""
    try:
        timestamp = Timestamp(text)
    except (ValueError, OverflowError):
        return True
    return timestamp.offset >= 0 and len(timestamp.normal) == 16 and not timestamp.normal.startswith('-')


def swift_or_error(function, *arguments):
    try:
        return function(*arguments)
    except (ValueError, OverflowError):
        return ValueError


def forms(text):
    timestamp = Timestamp(text)
    return [timestamp.normal.replace('-', '0'), timestamp.internal.replace('-', '0'), timestamp.short.replace('-', '0')]


def row_time(rng):
    """In the five-decimal form that headers and databases have."""
    offset = rng.choice([0, 0, rng.randrange(1, 300)])
    return Timestamp('%016.5f' % rng.choice([rng.uniform(0, 10), rng.uniform(0, 2e9), 1.7e9]), offset=offset)


def damaged(rng, encoded):
    if rng.random() < 0.2:
        position = rng.randrange(len(encoded) + 1)
        encoded = encoded[:position] + rng.choice('0f+-_.x ') + encoded[position + rng.randrange(2):]
    return encoded


def decoded(text):
    return [timestamp.internal for timestamp in decode_timestamps(text)]


def decodable(text):
    times = swift_or_error(decoded, text)
    return times is ValueError or all(len(time.partition('_')[0]) == 16 and '-' not in time for time in times)


def order(a, b):
    a, b = Timestamp(a), Timestamp(b)
    return -1 if a < b else int(a > b)


def main():
    rng = random.Random(swift_env.seed())
    texts = [text for text in CHOSEN + [random_text(rng) for _ in range(COUNT)]
             if our_domain(text) or text in ('-0', '-0.0')]
    seconds = [rng.choice([rng.uniform(0, 2e9), rng.randrange(2 ** 20) / 64, rng.uniform(-1, 1)]) for _ in range(COUNT)]
    valid = [text for text in texts if our_domain(text) and swift_or_error(forms, text) is not ValueError]
    pairs = [(rng.choice(valid), rng.choice(valid)) for _ in range(COUNT)]
    pairs += [(a, a) for a in valid[:500]]
    triples = [[row_time(rng) for _ in range(3)] for _ in range(COUNT)]
    triples += [[time, time, rng.choice([time, row_time(rng)])] for time, _, _ in triples[:1000]]
    encoded = [encode_timestamps(*triple) for triple in triples]
    codes = [code for code in encoded + [damaged(rng, code) for code in encoded] if decodable(code)]
    wrong = 0
    with Probe() as probe:
        wrong += compare('timestamp', texts, probe.ask_all([['timestamp', text] for text in texts]),
                         [swift_or_error(forms, text) for text in texts])
        wrong += compare('float', seconds, probe.ask_all([['from_seconds', value] for value in seconds]),
                         [swift_or_error(forms, value) for value in seconds])
        wrong += compare('order', pairs, probe.ask_all([['compare', *pair] for pair in pairs]),
                         [order(*pair) for pair in pairs])
        wrong += compare('encode', triples,
                         probe.ask_all([['encode', *[time.internal for time in triple]] for triple in triples]), encoded)
        wrong += compare('decode', codes, probe.ask_all([['decode', code] for code in codes]),
                         [swift_or_error(decoded, code) for code in codes])
        # swift-reference.md section 3.8
        wrong += compare('example', [1, 2, 3], probe.ask_all([
            ['encode', '1700000002.00000_1', '1700000003', '1700000004'],
            ['encode', '1700000002', '1700000002', '1700000004'],
            ['encode', '1700000005', '1700000002', '1700000004']]), [
                '1700000002.00000_1+186a0+186a0', '1700000002.00000+0+30d40', '1700000005.00000-493e0+30d40'])
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
