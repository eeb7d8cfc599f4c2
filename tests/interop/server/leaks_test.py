"""Nobody stays behind: not what a killed test had started, not the worker of a supervisor that was killed."""
import shutil
import signal
import subprocess
import sys
import time
import unittest

from interop import swift_env
from interop.server.node import Cluster, answers, children_of, free_port, wait_until

# Starts one of each and waits to be killed.
SCRIPT = '''import os, sys
from interop.server.node import Cluster, free_port
cluster = Cluster()
for kind, start in (('container', cluster.start_ours), ('account', cluster.start_swift)):
    port = free_port()
    start(kind, cluster.write_conf(kind, kind, port, workers=2), port)
os.makedirs(cluster.root + '/module')
cluster.start_rsyncd({'sd1': cluster.root + '/module'})
print(cluster.root, flush=True)
sys.stdin.read()
'''


def descendants_of(pid):
    return [each for child in children_of(pid) for each in [child, *descendants_of(child)]]


def runs(pid):
    """A process that has ended may wait for its new parent to notice."""
    try:
        with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as stat:
            return stat.read().rsplit(') ', 1)[1][0] not in 'ZX'
    except (FileNotFoundError, ProcessLookupError):
        return False


class LeaksTest(unittest.TestCase):
    def test_nothing_outlives_a_killed_script(self):
        script = subprocess.Popen([sys.executable, '-c', SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        root = script.stdout.readline().decode().strip()
        self.addCleanup(shutil.rmtree, root)
        self.addCleanup(script.stdin.close)
        self.addCleanup(script.stdout.close)
        # Our supervisor and its worker, Debian's parent and its workers, the rsync daemon.
        wait_until(lambda: len(descendants_of(script.pid)) >= 6, 'all processes run')
        started = descendants_of(script.pid)
        script.kill()
        script.wait()
        wait_until(lambda: not any(map(runs, started)), f'all of {started} end')

    def test_worker_ends_whenever_its_supervisor_is_killed(self):
        """Also before the worker could ask the kernel to tell it."""
        with Cluster() as cluster:
            for number in range(20):
                port = free_port()
                supervisor = cluster.start_ours('container', cluster.write_conf('conf', 'container', port), None)
                workers = self.first_children(supervisor)
                # At once, or somewhat later.
                time.sleep(0.001 * (number % 4))
                supervisor.send_signal(signal.SIGKILL)
                supervisor.wait()
                wait_until(lambda: not runs(workers[0]), f'worker {workers[0]} of attempt {number} ends', 20)
                self.assertFalse(answers(port))

    def first_children(self, process):
        """Without a pause in between, for the moment after the fork is the one that is meant."""
        end = time.monotonic() + 60
        while not (found := children_of(process.pid)):
            self.assertIsNone(process.poll())
            self.assertLess(time.monotonic(), end)
        return found


if __name__ == '__main__':
    swift_env.seed()
    unittest.main(argv=sys.argv[:1])
