"""The directory lock shuts Swift's processes out, and theirs shuts ours out."""
import multiprocessing
import os
import stat
import sys
import tempfile
import time

from common_probe import Probe, is_error
from swift.common.exceptions import LockTimeout
from swift.common.utils import lock_path

HELD = 0.3


def hold_as_swift(directory, ready):
    with lock_path(directory, 1):
        ready.set()
        time.sleep(HELD)


def swift_gets_it(directory, timeout):
    try:
        with lock_path(directory, timeout):
            return True
    except LockTimeout:
        return False


def swift_shuts_us_out(probe, directory):
    ready = multiprocessing.Event()
    holder = multiprocessing.Process(target=hold_as_swift, args=(directory, ready))
    holder.start()
    assert ready.wait(5), 'the Swift process did not get the lock'
    begin = time.monotonic()
    refused = probe.ask('lock', directory, 50)
    assert is_error(refused) and refused['error'] == 'busy', refused
    assert directory in refused['message'], refused
    assert 0.05 <= time.monotonic() - begin < HELD, 'the timeout is not kept'
    assert probe.ask('lock', directory, 5000) is True, 'not had after the Swift process let go'
    holder.join()
    assert probe.ask('unlock') is True


def we_shut_swift_out(probe, directory):
    assert probe.ask('lock', directory, 50) is True
    assert not swift_gets_it(directory, 0.05), 'Swift got a lock that we hold'
    assert probe.ask('unlock') is True
    assert swift_gets_it(directory, 0.05), 'Swift did not get a lock that we let go'


def files_look_alike(probe, root):
    ours, theirs = os.path.join(root, 'ours/x'), os.path.join(root, 'theirs/x')
    assert probe.ask('lock', ours, 50) is True
    assert probe.ask('unlock') is True
    assert swift_gets_it(theirs, 0.05)
    for name in ('.lock', '.', '..'):
        our, their = (os.stat(os.path.join(path, name)) for path in (ours, theirs))
        assert our.st_mode == their.st_mode, (name, stat.filemode(our.st_mode), stat.filemode(their.st_mode))
    assert os.stat(os.path.join(ours, '.lock')).st_size == 0


def main():
    os.umask(0o022)
    with tempfile.TemporaryDirectory() as root, Probe() as probe:
        swift_shuts_us_out(probe, os.path.join(root, 'a'))
        we_shut_swift_out(probe, os.path.join(root, 'b'))
        files_look_alike(probe, root)
    print('locks exclude each other both ways; modes are alike')
    return 0


if __name__ == '__main__':
    sys.exit(main())
