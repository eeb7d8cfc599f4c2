"""What every interop test shares: Debian's Swift, the programs under test, seeds."""
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
