"""What every interop test shares: Debian's Swift, the programs under test, seeds, runs by number."""
import os
import random
import sys

try:
    import swift
except ImportError:
    sys.exit('python3-swift is not installed for this interpreter; ./run deps installs it')

SWIFT_VERSION = swift.__version__


def program(name):
    """Path of a program that was just built; ends the test when it is not there."""
    path = os.path.join(os.environ['DBREPL_BIN'], name)
    if not os.path.exists(path):
        sys.exit(f'{path} is not built')
    return path


def seed():
    """This run's seed, printed so that a failure can be repeated with DBREPL_SEED=<seed>."""
    value = int(os.environ.get('DBREPL_SEED') or random.SystemRandom().randrange(2 ** 32))
    print(f'DBREPL_SEED={value}', flush=True)
    return value


def run_numbered(run):
    """Calls run(seed, number) for as many numbers as the command line says, or for $DBREPL_ONLY alone, until one returns a
    text: that says what is wrong, and ends the test. Returns how many were run."""
    first = seed()
    only = os.environ.get('DBREPL_ONLY')
    numbers = [int(only)] if only else range(int(sys.argv[1]))
    for number in numbers:
        problem = run(first, number)
        if problem:
            sys.exit(f'DBREPL_SEED={first} DBREPL_ONLY={number}: {problem}')
    return len(numbers)
