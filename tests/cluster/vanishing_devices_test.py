"""A node of three devices whose databases belong on all of them. With mount_check, one is unmounted, renamed or mounted while a
pass is at work: the pass ends, the other devices are served, the log says what is gone, nothing is written beneath a mount
point, and the next pass brings everything in order."""
import glob
import os
import shutil
import subprocess
import unittest

from cluster.aftermath import Replica
from cluster.processes import in_child
from cluster.small_disk import SmallDisk, own_mounts
from interop.replicators.node import Node
from interop.server.node import wait_until
from swift.common import utils
from swift.common.ring import Ring
from swift.common.utils import Timestamp
from swift.container.backend import ContainerBroker

DATABASES_OF_A_DEVICE = 4
# Stands before rsync: the first one that is to send a file is held up until the hook is done.
RSYNC = '''#!/bin/sh
if mkdir {root}/hooked 2> /dev/null; then /bin/sh {root}/hook > {root}/hook.log 2>&1; fi
exec {rsync} "$@"
'''


class VanishingDevicesTest(unittest.TestCase):
    def setUp(self):
        self.node = self.enterContext(Node('container'))
        self.root = self.node.root
        # Only programs of ours run here; they look for this file beside the rings first.
        self.node.write('swift.conf', '[swift-hash]\nswift_hash_path_prefix = pre\nswift_hash_path_suffix = suf\n')
        self.node.write_ring('container', [self.node.device(number) for number in range(3)], part_power=8)
        shutil.rmtree(f'{self.root}/devices')
        os.makedirs(self.device(2))
        self.node.write('devices/sd2/.ismount', '')
        for number in (0, 1):
            self.addCleanup(SmallDisk(f'{self.root}/disks/sd{number}', 16384).close)
            os.makedirs(self.device(number))
            subprocess.run(self.mount(number).split(), check=True)
            self.addCleanup(subprocess.run, ['umount', '--lazy', self.device(number)], check=False, capture_output=True)
        self.places = in_child(self.make)
        port = self.node.start_rsyncd({f'sd{number}': f'{self.root}/devices' for number in range(3)})
        section = {'rsync_module': f'rsync://127.0.0.1:{port}/{{device}}', 'concurrency': 1, 'per_diff': 20}
        self.node.write_options(section, mount_check='true')
        self.node.start_ours('container', self.node.write_conf('replication.conf', 'container', self.node.port,
                                                               mount_check='true'), self.node.port)
        os.makedirs(f'{self.root}/bin')
        os.chmod(self.node.write('bin/rsync', RSYNC.format(root=self.root, rsync=shutil.which('rsync'))), 0o755)

    def device(self, number):
        return f'{self.root}/devices/sd{number}'

    def mount(self, number):
        return f'mount --bind {self.root}/disks/sd{number} {self.device(number)}'

    def unmount(self, number):
        """A child of rsyncd may still stand in it for a moment."""
        wait_until(lambda: subprocess.run(['umount', self.device(number)], check=False, capture_output=True).returncode == 0,
                   f'{self.device(number)} is busy no more', 30)

    def make(self):
        """Databases that are on one device only. Their paths below it."""
        utils.SWIFT_CONF_FILE = f'{self.root}/swift.conf'
        utils.HASH_PATH_PREFIX, utils.HASH_PATH_SUFFIX = b'pre', b'suf'
        ring, places = Ring(f'{self.root}/container.ring.gz'), []
        for number in range(3 * DATABASES_OF_A_DEVICE):
            name = f'c{number}'
            digest = utils.hash_path('a', name)
            places.append(f'{utils.storage_directory("containers", ring.get_part("a", name), digest)}/{digest}.db')
            broker = ContainerBroker(f'{self.device(number % 3)}/{places[-1]}', account='a', container=name)
            broker.initialize(Timestamp.now().internal, 0)
            broker.put_object(f'o{number}', Timestamp.now().internal, 1, 'text/plain', 'etag')
            broker.get_info()  # commits
        return places

    def once(self, hook=''):
        """A pass, in which `hook` is done when the first file is about to be sent, by a visit to a database of sd0. Its log."""
        shutil.rmtree(f'{self.root}/hooked', ignore_errors=True)
        self.node.write('hook', hook)
        status, out, err, lines = self.node.run('ours', self.node.conf, 'once',
                                                env={**os.environ, 'PATH': f'{self.root}/bin:{os.environ["PATH"]}'})
        self.assertEqual((status, out), (0, ''), err)
        with open(f'{self.root}/hook.log', encoding='utf-8') as log:
            self.assertEqual(log.read(), '', 'the hook failed')
        log = '\n'.join(lines)
        self.assertIn('Replication run OVER', log)
        return log

    def has(self, number):
        return {place for place in self.places if os.path.exists(f'{self.device(number)}/{place}')}

    def in_order(self):
        """After the next pass."""
        log = self.once()
        self.assertIn(' 0 failures', log)
        for place in self.places:
            replicas = [Replica('container', f'{self.device(number)}/{place}') for number in range(3)]
            for replica in replicas:
                self.assertEqual((replica.check, len(replica.rows)), ('ok', 1))
                self.assertEqual(replica.contents(), replicas[0].contents())
        self.assertEqual(glob.glob(f'{self.root}/devices/*/quarantined'), [])

    def left_out(self, log, number):
        self.assertRegex(log, rf'<131>container-replicator: ERROR {self.device(number)}/containers was unmounted or replaced '
                         r'during the pass; \d+ of its \d+ partitions are not replicated before the next one')

    def test_unmounted_under_a_visit(self):
        own = self.has(0)
        log = self.once(f'umount --lazy {self.device(0)}')
        self.left_out(log, 0)
        self.assertEqual(os.listdir(self.device(0)), [])
        for number in (1, 2):
            self.assertLessEqual(set(self.places) - own, self.has(number))
        subprocess.run(self.mount(0).split(), check=True)
        self.in_order()

    def test_unmounted_between_visits_without_being_busy(self):
        own = self.has(1)
        log = self.once(f'umount {self.device(1)}')
        self.left_out(log, 1)
        self.assertIn(f'ERROR Remote drive not mounted 127.0.0.1:{self.node.port}/sd1', log)
        self.assertEqual(os.listdir(self.device(1)), [])
        for number in (0, 2):
            self.assertLessEqual(set(self.places) - own, self.has(number))
        subprocess.run(self.mount(1).split(), check=True)
        self.in_order()

    def test_renamed(self):
        own = self.has(2)
        log = self.once(f'mv {self.device(2)} {self.root}/aside')
        self.left_out(log, 2)
        self.assertFalse(os.path.exists(self.device(2)))
        for number in (0, 1):
            self.assertLessEqual(set(self.places) - own, self.has(number))
        os.rename(f'{self.root}/aside', self.device(2))
        self.in_order()

    def test_another_disk_in_its_place(self):
        own = self.has(1)
        os.mkdir(f'{self.root}/disks/new')
        self.addCleanup(SmallDisk(f'{self.root}/disks/new', 16384).close)
        os.makedirs(f'{self.root}/disks/new/containers')
        log = self.once(f'umount {self.device(1)} && mount --bind {self.root}/disks/new {self.device(1)}')
        self.left_out(log, 1)
        self.assertFalse(own & self.has(1))
        self.assertGreaterEqual(len(self.has(1)), 2 * DATABASES_OF_A_DEVICE - 1, 'what was not on its way goes to the new one')
        self.unmount(1)
        subprocess.run(self.mount(1).split(), check=True)
        self.in_order()

    def test_mounted_during_a_pass(self):
        own = self.has(1)
        self.unmount(1)
        log = self.once(self.mount(1))
        self.assertIn(f'Skipping: {self.device(1)} is not mounted', log)
        self.assertGreaterEqual(len(self.has(1)), len(self.places) - 1, 'what others have reaches it in the same pass')
        self.assertFalse(own & self.has(0), 'what it has goes out with the next pass')
        self.in_order()


if __name__ == '__main__':
    own_mounts()
    unittest.main(verbosity=2)
