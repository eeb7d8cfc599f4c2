"""A replicator in worlds that nobody wishes for: each pass ends, with 0 where the rest of the node could be replicated, and
the log says what is wrong and where."""
import os
import shutil
import subprocess
import time
import unittest

from cluster.other_clock import make_clock
from cluster.small_disk import SmallDisk, own_mounts
from interop.replicators.node import Node
from interop.server.node import free_port

HASH = '0123456789abcdef0123456789abc123'
EMPTY_PARTITIONS = 10000


class OddWorldsTest(unittest.TestCase):
    kind = 'container'

    def setUp(self):
        self.node = self.enterContext(Node(self.kind))
        self.device = f'{self.node.root}/devices/sd0'

    def once(self, *arguments, code=0, **options):
        """The log of a pass, as one text."""
        status, out, err, lines = self.node.run('ours', self.node.conf, 'once', *arguments, **options)
        self.assertEqual((status, out), (code, ''), err)
        return '\n'.join(lines)

    def finishes(self, log, attempted=0, failures=0):
        self.assertIn(f'Attempted to replicate {attempted} dbs', log)
        self.assertRegex(log, rf'\d+ successes, {failures} failures')
        self.assertIn('Replication run OVER', log)

    def write_database(self, content, partition=1, digest=HASH, name=None):
        folder = f'{self.device}/containers/{partition}/{digest[-3:]}/{digest}'
        os.makedirs(folder, exist_ok=True)
        path = f'{folder}/{name or digest + ".db"}'
        with open(path, 'wb') as out:
            out.write(content)
        return path

    def test_device_without_databases(self):
        os.rmdir(f'{self.device}/containers')
        self.finishes(self.once())
        self.assertEqual(os.listdir(self.device), [])

    def test_device_gone(self):
        shutil.rmtree(self.device)
        log = self.once()
        self.finishes(log, failures=1)
        self.assertIn(f'Skipping: {self.device} is not a directory', log)

    def test_device_is_a_file(self):
        shutil.rmtree(self.device)
        with open(self.device, 'w', encoding='ascii'):
            pass
        log = self.once()
        self.finishes(log, failures=1)
        self.assertIn(f'Skipping: {self.device} is not a directory', log)

    def test_device_not_mounted(self):
        self.node.write_options(mount_check='true')
        log = self.once()
        self.finishes(log, failures=1)
        self.assertIn(f'Skipping: {self.device} is not mounted', log)

    def test_databases_folder_is_a_file(self):
        os.rmdir(f'{self.device}/containers')
        with open(f'{self.device}/containers', 'w', encoding='ascii'):
            pass
        self.finishes(self.once())

    def test_ring_without_this_node(self):
        self.node.write_options(bind_port=free_port())
        log = self.once()
        self.finishes(log)
        self.assertIn("Can't find itself 127.0.0.1 with port", log)
        self.assertIn('in ring file, not replicating', log)

    def test_no_ring(self):
        os.unlink(f'{self.node.root}/container.ring.gz')
        self.assertIn(f'{self.node.root}/container.ring.gz', self.once_fails())

    def test_ring_of_garbage(self):
        self.node.write('container.ring.gz', 'garbage')
        self.assertIn(f'{self.node.root}/container.ring.gz', self.once_fails())

    def test_ring_cut_off(self):
        path = f'{self.node.root}/container.ring.gz'
        os.truncate(path, os.path.getsize(path) // 2)
        self.assertIn(path, self.once_fails())

    def once_fails(self):
        status, out, err, lines = self.node.run('ours', self.node.conf, 'once')
        self.assertEqual((status, out), (1, ''), err)
        self.assertIn('<130>', '\n'.join(lines))
        return err

    def test_many_partitions_without_a_database(self):
        for number in range(EMPTY_PARTITIONS):
            os.mkdir(f'{self.device}/containers/{number}')
        self.finishes(self.once())
        self.assertEqual(os.listdir(f'{self.device}/containers'), [])

    def test_garbage_of_many_forms_is_set_aside_or_left_alone(self):
        forms = (b'', b'\0' * 4096, b'SQLite format 3\0', b'SQLite format 3\0' + b'\xff' * 8192, b'garbage ' * 1000,
                 b'SQLite format 3\0' + b'\0' * 100000)
        paths = [self.write_database(content, digest=f'{number:029x}abc') for number, content in enumerate(forms)]
        os.makedirs(f'{self.device}/containers/1/abc/{"f" * 29}abc/{"f" * 29}abc.db')
        for name in ('not-a-partition', '1/notes.txt', '1/abc/notes.txt', '-1', '99999999999'):
            with open(f'{self.device}/containers/{name}', 'w', encoding='ascii') as out:
                out.write('mine')
        log = self.once()
        self.assertIn(f'Attempted to replicate {len(forms) + 1} dbs', log)
        self.assertIn('Replication run OVER', log)
        self.assertNotIn(' 0 failures', log)
        for path in paths:
            self.assertIn(os.path.dirname(path), log)
        for name in ('not-a-partition', '1/notes.txt', '1/abc/notes.txt', '-1', '99999999999'):
            self.assertTrue(os.path.exists(f'{self.device}/containers/{name}'), name)

    def test_folders_that_cannot_be_read(self):
        self.write_database(b'garbage ' * 1000)
        locked = [f'{self.device}/containers/{number}' for number in (5, 6)]
        for path in (self.node.root, f'{self.node.root}/cache', f'{self.node.root}/devices'):
            os.chmod(path, 0o755)
        for folder in (self.device, f'{self.node.root}/cache'):
            subprocess.run(['chown', '-R', 'nobody', folder], check=True)
        for path in locked:
            os.mkdir(path, 0o700)
        self.node.write_options(user='nobody')
        log = self.once()
        self.assertIn('Attempted to replicate 1 dbs', log)
        for path in locked:
            self.assertIn(f'ERROR reading {path}: Permission denied; what lies below it is not replicated', log)

    def test_full_disk_below_recon_and_quarantine(self):
        path = self.write_database(b'garbage ' * 1000)
        for folder, kib in ((self.device, 256), (f'{self.node.root}/cache', 64)):
            disk = SmallDisk(folder, kib)
            self.addCleanup(disk.close)
            disk.fill()
        log = self.once()
        self.assertIn('Attempted to replicate 1 dbs', log)
        self.assertRegex(log, r'Exception dumping recon cache: .*container\.recon.*No space left on device')
        self.assertTrue(os.path.exists(path) or os.listdir(f'{self.device}/quarantined/containers'))

    def test_clock_an_hour_off(self):
        """Nothing that is young by the right clock goes, on whichever side the clock is wrong."""
        if 'address' in os.environ.get('DBREPL_SANITIZE', ''):
            self.skipTest('the address sanitizer refuses to start behind the library that shifts the clock')
        young = f'{self.device}/tmp/young'
        os.makedirs(f'{self.device}/tmp')
        with open(young, 'w', encoding='ascii'):
            pass
        then = time.time() - 7 * 86400 + 2 * 3600
        os.utime(young, (then, then))
        for seconds in (3600, -3600):
            self.finishes(self.once(env={**os.environ, 'LD_PRELOAD': make_clock(self.node.root, seconds)}))
            self.assertTrue(os.path.exists(young))
        self.finishes(self.once(env={**os.environ, 'LD_PRELOAD': make_clock(self.node.root, 3 * 3600)}))
        self.assertFalse(os.path.exists(young), 'the other clock was not read')


if __name__ == '__main__':
    own_mounts()
    unittest.main(verbosity=2)
