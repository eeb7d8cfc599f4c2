"""swift-init runs our replicators as it runs Debian's: in a machine of its own (mounts and network), with Debian's
configuration files as they are, rings in /etc/swift and our folder of Swift's names first in PATH."""
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

from interop.server.node import wait_until

ROOT = '/run/dbrepl-swift-init'
NAMES = f'{ROOT}/lib/dbrepl/swift-names'
HERE = os.path.dirname(os.path.abspath(__file__))


def enter_own_machine():
    """Runs this script again where /etc/swift, /srv/node, /var/run/swift and all ports are its own."""
    if os.environ.get('DBREPL_OWN_MACHINE') == str(os.getppid()):
        return
    words = ['unshare', '--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', sys.executable,
             *sys.argv]
    # The child of the first fork has unshare as its parent, which has our pid; inside, that is 0.
    os.environ['DBREPL_OWN_MACHINE'] = '0'
    os.execvp(words[0], words)


def tmpfs(path):
    os.makedirs(path, exist_ok=True)
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', path], check=True)


def set_up_machine():
    from swift.common.ring import RingBuilder
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    # Before anything is made below them, so that nothing is left behind.
    for path in ('/run', '/srv', '/var/cache'):
        tmpfs(path)
    shutil.copytree('/etc/swift', '/run/etc-swift', symlinks=True)
    tmpfs('/etc/swift')
    shutil.copytree('/run/etc-swift', '/etc/swift', symlinks=True, dirs_exist_ok=True)
    for path in ('/run/swift', '/var/cache/swift', ROOT):
        os.makedirs(path)
    for device in ('sdb1', 'sdc1'):
        tmpfs(f'/srv/node/{device}')
    for path in ('/var/cache/swift', '/srv/node/sdb1', '/srv/node/sdc1'):
        shutil.chown(path, 'swift', 'swift')
    for kind, port in (('account', 6202), ('container', 6201)):
        builder = RingBuilder(4, 2, 1)
        for number, device in enumerate(('sdb1', 'sdc1')):
            builder.add_dev({'id': number, 'region': 1, 'zone': number, 'weight': 1.0, 'ip': '127.0.0.1', 'port': port,
                             'replication_ip': '127.0.0.1', 'replication_port': port, 'device': device, 'meta': ''})
        builder.rebalance(seed=1)
        builder.get_ring().save(f'/etc/swift/{kind}.ring.gz')
    subprocess.run(['cmake', '--install', f'{os.environ["DBREPL_BIN"]}/..', '--prefix', ROOT, '--component',
                    'replicators'], check=True, stdout=subprocess.DEVNULL)


class SwiftInitTest(unittest.TestCase):
    def setUp(self):
        self.addCleanup(self.clean_up)

    def clean_up(self):
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for folder in ('/var/run/swift', '/var/cache/swift'):
            for name in os.listdir(folder):
                path = f'{folder}/{name}'
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)

    def pids(self):
        found = []
        for folder, _, names in os.walk('/var/run/swift'):
            for name in names:
                with open(f'{folder}/{name}', encoding='ascii') as text:
                    found.append(int(text.read()))
        return found

    def swift_init(self, *words, whose='ours', timeout=60):
        """Exit code and output, process ids as PID, without complaints about limits that this machine does not allow."""
        path = f'{NAMES}:{os.environ["PATH"]}' if whose == 'ours' else os.environ['PATH']
        done = subprocess.run([sys.executable, f'{HERE}/swift_init.py', *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False,
                              env={**os.environ, 'PATH': path})
        return done.returncode, re.sub(r'WARNING: Unable to modify .*\n', '', re.sub(r'\d{2,}', 'PID', done.stdout))

    def both(self, *words):
        """The same of Debian's replicator, then of ours."""
        swift = self.swift_init(*words, whose='swift')
        self.clean_up()
        ours = self.swift_init(*words)
        self.assertEqual(ours, swift)
        return ours

    def is_gone(self, pid):
        """Or dead: nobody takes the exit codes of orphans here."""
        try:
            with open(f'/proc/{pid}/stat', encoding='ascii') as stat:
                return stat.read().rsplit(')', 1)[1].split()[0] == 'Z'
        except FileNotFoundError:
            return True

    def program_of(self, pid):
        return os.path.basename(os.readlink(f'/proc/{pid}/exe'))

    def test_installed_names(self):
        for kind in ('account', 'container'):
            path = f'{NAMES}/swift-{kind}-replicator'
            self.assertEqual(os.path.realpath(path), f'{ROOT}/bin/{kind}-replicator')
            for file in (f'share/doc/dbrepl/{kind}-replicator.conf-sample', f'lib/systemd/system/{kind}-replicator.service'):
                self.assertTrue(os.path.exists(f'{ROOT}/{file}'), file)

    def test_once(self):
        for kind in ('account', 'container'):
            status, out = self.both(f'{kind}-replicator', 'once')
            self.assertEqual((status, out), (0, f'Running {kind}-replicator once...(/etc/swift/{kind}-server.conf)\n'))
            with open(f'/var/cache/swift/{kind}.recon', encoding='ascii') as text:
                self.assertIn('replication_stats', json.load(text))
            self.assertEqual(os.stat(f'/var/cache/swift/{kind}.recon').st_uid, os.stat('/srv/node/sdb1').st_uid)

    def test_start_status_stop(self):
        for kind in ('account', 'container'):
            name = f'{kind}-replicator'
            begun = time.monotonic()
            run = self.both if kind == 'container' else self.swift_init
            self.assertEqual(run(name, 'start'), (0, f'Starting {name}...(/etc/swift/{kind}-server.conf)\n'))
            self.assertLess(time.monotonic() - begun, 30)
            pid, = self.pids()
            self.assertEqual(self.program_of(pid), name)
            self.assertEqual(self.swift_init(name, 'status'), (0, f'{name} running (PID - /etc/swift/{kind}-server.conf)\n'))
            self.assertIn('already started', self.swift_init(name, 'start')[1])
            self.assertEqual(self.pids(), [pid])
            status, out = self.swift_init(name, 'stop')
            self.assertEqual(status, 0, out)
            self.assertIn(f'Signal {name}  pid: PID  signal: ', out)
            self.assertIn(f'{name} (PID) appears to have stopped', out)
            self.assertTrue(self.is_gone(pid))
            self.assertEqual(self.swift_init(name, 'status'), (1, f'No {name} running\n'))

    def test_reload(self):
        self.assertEqual(self.swift_init('container-replicator', 'start')[0], 0)
        before, = self.pids()
        status, out = self.swift_init('container-replicator', 'reload')
        self.assertEqual(status, 0, out)
        after, = self.pids()
        self.assertNotEqual(before, after)
        self.assertTrue(self.is_gone(before))
        self.assertEqual(self.program_of(after), 'container-replicator')

    def test_kill_after_timeout_reaches_the_group(self):
        self.assertEqual(self.swift_init('container-replicator', 'start')[0], 0)
        pid, = self.pids()
        os.kill(pid, signal.SIGSTOP)
        status, out = self.swift_init('container-replicator', 'stop', 'kill_wait=1', 'kill_after_timeout=1')
        self.assertIn('killing', out)
        self.assertEqual(status, 1)
        wait_until(lambda: self.is_gone(pid), 'its end')

    def test_no_wait_and_no_daemon(self):
        self.assertEqual(self.swift_init('container-replicator', 'no_wait')[0], 0)
        self.assertEqual(self.swift_init('container-replicator', 'stop')[0], 0)
        # With the terminal as its output: a single pass, told.
        status, out = self.swift_init('container-replicator', 'no_daemon', 'once=1')
        self.assertEqual(status, 0)
        self.assertIn('container-replicator: Replication run OVER\n', out)

    def test_numbered_configurations(self):
        os.makedirs('/etc/swift/container-server')
        try:
            for number in (1, 2):
                shutil.copy('/etc/swift/container-server.conf', f'/etc/swift/container-server/{number}.conf')
            os.rename('/etc/swift/container-server.conf', '/etc/swift/aside')
            status, out = self.swift_init('container-replicator', 'once')
            self.assertEqual(status, 0)
            self.assertEqual(out.count('Running container-replicator once'), 2, out)
            self.assertEqual(self.swift_init('container-replicator', 'once', 'number=2')[1],
                             'Running container-replicator once...(/etc/swift/container-server/2.conf)\n')
            self.assertEqual(self.swift_init('container-replicator.1', 'once')[1],
                             'Running container-replicator once...(/etc/swift/container-server/1.conf)\n')
            self.assertEqual(self.swift_init('container-replicator', 'start')[0], 0)
            self.assertEqual(len(self.pids()), 2)
            self.assertEqual(self.swift_init('container-replicator', 'stop')[0], 0)
        finally:
            os.rename('/etc/swift/aside', '/etc/swift/container-server.conf')
            shutil.rmtree('/etc/swift/container-server')

    def test_a_configuration_that_is_refused(self):
        shutil.copy('/etc/swift/container-server.conf', '/etc/swift/aside')
        try:
            with open('/etc/swift/container-server.conf', 'a', encoding='ascii') as conf:
                conf.write('\n[swift]\n[swift]\n')
            for command in ('start', 'once'):
                status, out = self.swift_init('container-replicator', command)
                self.assertEqual(status, 1, out)
                self.assertRegex(out, r'/etc/swift/container-server\.conf:PID: .*swift')
        finally:
            os.rename('/etc/swift/aside', '/etc/swift/container-server.conf')


if __name__ == '__main__':
    enter_own_machine()
    set_up_machine()
    unittest.main()
