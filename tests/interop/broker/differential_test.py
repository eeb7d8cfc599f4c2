"""The same random histories by Swift's brokers, by ours, and by both in turn on one file: one outcome.

usage: differential_test.py SHARE HISTORIES   SHARE 'container', 'account', 'legacy' or several with commas, taken in turn
Environment: DBREPL_SEED (printed at the start); DBREPL_HISTORIES overrides HISTORIES; DBREPL_ONLY runs history number N alone.
"""
import json
import os
import sys
import time

from interop import swift_env
from interop.broker import compare, histories, legacy_schemas
from interop.broker.our_hand import OurHand
from interop.broker.run_history import Runner

MODES = ('ours', 'alternating')


def history_of(share, seed, number):
    shares = share.split(',')
    kind = shares[number % len(shares)]
    if kind == 'legacy':
        kind, generation = legacy_schemas.ALL[number // len(shares) % len(legacy_schemas.ALL)]
        return histories.make('%s-%d' % (seed, number), kind, generation)
    return histories.make('%s-%d' % (seed, number), kind)


def report(runner, share, seed, number, mode, line):
    history = history_of(share, seed, number)
    name = '%s-%d' % (seed, number)
    small = runner.shrink(history, mode, name)
    print('FAILED: history %d of share %s, %s: %s' % (number, share, mode, line))
    print('  ' + runner.explain(small, mode, name)[1])
    print('  start: %s, account %r, container %r' % (small['start'], small['account'], small['container']))
    for index, (step, hand) in enumerate(zip(small['steps'], runner.hands(mode, small, name))):
        print('  %2d %-9s %s' % (index, hand.name[:5], json.dumps(step)))
    print('repeat with: DBREPL_SEED=%s DBREPL_ONLY=%d %s %s' % (seed, number, os.path.basename(sys.argv[0]), share), flush=True)


def run(runner, share, seed, numbers, give_up_after=5):
    """How many histories differ; explains the first few."""
    failed = 0
    for number in numbers:
        history = history_of(share, seed, number)
        name = '%s-%d' % (seed, number)
        expected = runner.run(history, 'swift', name)
        for mode in MODES:
            line = compare.difference(list(expected), list(runner.run(history, mode, name)))
            if line:
                failed += 1
                report(runner, share, seed, number, mode, line)
                break
        if failed == give_up_after:
            break
    return failed


def main():
    share, count = sys.argv[1], int(os.environ.get('DBREPL_HISTORIES') or (sys.argv[2] if len(sys.argv) > 2 else 50))
    seed = swift_env.seed()
    only = os.environ.get('DBREPL_ONLY')
    started = time.monotonic()
    runner = Runner(OurHand())
    numbers = [int(only)] if only else range(count)
    failed = run(runner, share, seed, numbers)
    runner.close()
    if failed:
        sys.exit('%d histories differ' % failed)
    print('%d histories (%s), each by %s, by ours and in turn: equal; %.0f s'
          % (len(numbers), share, runner.swift.name, time.monotonic() - started))


if __name__ == '__main__':
    main()
