"""Programs on a disk that fills up while they write: an error that names the file, exit code 2, the old files as they were.

Needs the right to mount: root, or a user namespace that it makes for itself.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from interop import swift_env

DISK_KIB = 1024
NO_SPACE = r'^ring-builder: error: \S*account\.\S+: No space left on device'


def enter_own_mounts():
    """Without root: runs this script again in a namespace where it may mount."""
    if os.geteuid() == 0:
        return
    words = ['unshare', '--mount', '--map-root-user']
    os.execvp(words[0], [*words, sys.executable, *sys.argv])


class DiskFullTest(unittest.TestCase):
    def setUp(self):
        self.disk = tempfile.mkdtemp(prefix='dbrepl-disk-')
        self.addCleanup(shutil.rmtree, self.disk)
        subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={DISK_KIB}k', 'tmpfs', self.disk], check=True)
        self.addCleanup(subprocess.run, ['umount', self.disk], check=True)
        self.builder = os.path.join(self.disk, 'account.builder')
        self.ring_builder('create', '12', '3', '0')
        self.ring_builder('add', *(word for node in range(1, 7)
                                   for word in (f'r1z{node}-127.0.0.{node}:6202/sda', str(100 + node))))
        self.ring_builder('rebalance', '--seed', '1')

    def run_it(self, *words):
        return subprocess.run([swift_env.program('ring-builder'), self.builder, *words], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)

    def ring_builder(self, *words, expect=0):
        done = self.run_it(*words)
        self.assertEqual(done.returncode, expect, f'{words}: {done.stdout}{done.stderr}')
        return done.stderr

    def fill(self, leave):
        """Takes all room of the disk but about `leave` bytes."""
        with open(os.path.join(self.disk, 'filler'), 'wb') as filler:
            room = os.statvfs(self.disk)
            filler.write(b'\0' * max(room.f_bavail * room.f_frsize - leave, 0))

    def files(self):
        """What an operator has: name -> content, without the backups of it."""
        found = {}
        for entry in os.scandir(self.disk):
            if entry.is_file():
                with open(entry.path, 'rb') as file:
                    found[entry.name] = file.read()
        return found

    def fails_and_leaves_all(self, *words):
        before = self.files()
        error = self.ring_builder(*words, expect=2)
        self.assertRegex(error, NO_SPACE)
        self.assertEqual(self.files(), before)

    def test_rebalance_on_a_full_disk(self):
        self.ring_builder('set_weight', 'd0', '300')
        self.fill(leave=0)
        self.fails_and_leaves_all('rebalance', '--seed', '2')

    def test_write_ring_on_a_full_disk(self):
        self.fill(leave=0)
        self.fails_and_leaves_all('write_ring')

    def test_disk_fills_up_in_the_middle(self):
        self.ring_builder('set_weight', 'd0', '300')
        # Each page more lets it come a little further: into the first backup, the second, the first new file, the second.
        words = ['rebalance', '--seed', '2']
        before, failures = self.files(), 0
        for pages in range(DISK_KIB // 4):
            self.fill(leave=4096 * pages)
            before['filler'] = self.files()['filler']
            done = self.run_it(*words)
            if done.returncode == 0:
                break
            failures += 1
            self.assertRegex(done.stderr, NO_SPACE)
            self.assertEqual(self.files(), before, f'{pages} pages free')
            shutil.rmtree(os.path.join(self.disk, 'backups'), ignore_errors=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(failures, 4)

    def test_with_room_the_same_commands_work(self):
        self.ring_builder('set_weight', 'd0', '300')
        self.ring_builder('rebalance', '--seed', '2')
        self.ring_builder('write_ring')


if __name__ == '__main__':
    enter_own_mounts()
    unittest.main(verbosity=2)
