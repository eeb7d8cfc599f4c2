"""swift-recon, unmodified, on two clusters that differ in nothing but whose servers they are: it prints the same."""
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from interop import swift_env
from interop.server.node import OTHER_SWIFT_CONF, Cluster, free_port

KINDS = ('account', 'container')
NODES = {1: ('sd1', 'sd2'), 2: ('sd3',)}
# The file whose sum is asked for is always this one to swift-recon.
SWIFT_SERVER = OTHER_SWIFT_CONF + '''from swift.common.middleware import recon
from swift.common.wsgi import run_wsgi
recon.ReconMiddleware.get_swift_conf_md5 = lambda self: {
    '/etc/swift/swift.conf': utils.md5_hash_for_file(sys.argv[1])}
sys.exit(run_wsgi(sys.argv[2], sys.argv[3] + '-server'))
'''
CACHES = {
    'account.recon': [
        {'replication_last': 1700000001.25, 'replication_time': 0.5, 'account_audits_passed': 9,
         'account_audits_failed': 1, 'account_audits_since': 1700000000.1, 'account_auditor_pass_completed': 0.75,
         'replication_stats': {'attempted': 7, 'failure': 0, 'success': 14, 'start': 1700000000.0}},
        {'replication_last': 1700000100.0, 'replication_time': 3600.5,
         'replication_stats': {'attempted': 0, 'failure': 11, 'success': 3, 'start': 1700000000.0}}],
    'container.recon': [
        {'replication_last': 1700000000.25, 'replication_time': 3.5, 'container_audits_passed': 4,
         'container_audits_failed': 0, 'container_audits_since': 1700000000.1, 'container_updater_sweep': 1.5,
         'container_auditor_pass_completed': 0.25,
         'replication_stats': {'attempted': 12, 'failure': 1, 'success': 35, 'start': 1700000000.0,
                               'failure_nodes': {'127.0.0.1': {'sd1': 1}}},
         'sharding_stats': {'sharding': {'visited': {'attempted': 1, 'success': 2, 'failure': 3, 'skipped': 4,
                                                     'completed': 5}}},
         'sharding_time': 2, 'sharding_last': 1700000000.5},
        {}],
    'drive.recon': [{'drive_audit_errors': 3}, {'drive_audit_errors': 0}],
}


class Observed(Cluster):
    """Two nodes with an account and a container server each, and one that does not answer."""

    def __init__(self, maker):
        super().__init__()
        self.maker = maker
        shutil.copy('/etc/swift/swift.conf', f'{self.root}/swift.conf')
        for folder in ('node1/sd1/quarantined/containers/a', 'node1/sd1/quarantined/containers/b',
                       'node1/sd1/quarantined/accounts/a', 'node2/sd3/quarantined/objects/a', 'node1/sd2'):
            os.makedirs(f'{self.root}/{folder}')
        self.write('node1/sd2/.ismount', '')
        for node in NODES:
            os.makedirs(f'{self.root}/cache{node}')
            for name, contents in CACHES.items():
                self.write(f'cache{node}/{name}', json.dumps(contents[node - 1]) + '\n')

    def start_all(self):
        started, self.names = [], {}
        for kind in KINDS:
            ports = {node: free_port() for node in [*NODES, 3]}
            self.names.update({str(port): f'<{kind} port {node}>' for node, port in ports.items()})
            devices = [(node, name) for node, names in NODES.items() for name in names] + [(3, 'sd4')]
            self.write_ring(kind, [{'port': ports[node], 'replication_port': ports[node], 'device': name}
                                   for node, name in devices])
            for node in NODES:
                conf = self.write_conf(f'{kind}-{node}.conf', kind, ports[node], devices=f'node{node}', workers=0)
                with open(conf, encoding='utf-8') as text:
                    self.write(f'{kind}-{node}.conf', text.read().replace(f'{self.root}/cache', f'{self.root}/cache{node}'))
                start = self.start_ours if self.maker == 'ours' else self.start_swift
                started.append((start(kind, conf, None), ports[node]))
        for process, port in started:
            self.wait_for_port(process, port)

    def start_swift(self, kind, conf, port):
        return self.start([sys.executable, '-c', SWIFT_SERVER, f'{self.root}/swift.conf', conf, kind], port)

    def recon(self, *arguments):
        """What it prints, without ports, folders, the time of day and the fields that move."""
        done = subprocess.run(['/usr/bin/swift-recon', *arguments], capture_output=True, text=True, timeout=120,
                              check=False)
        text = done.stdout.replace(self.root, '<root>')
        for name in ('account.ring.gz', 'container.ring.gz', 'elsewhere/account.ring.gz', 'elsewhere/container.ring.gz'):
            if os.path.exists(f'{self.root}/{name}'):
                with open(f'{self.root}/{name}', 'rb') as ring:
                    text = text.replace(hashlib.md5(ring.read()).hexdigest(), f'<sum of {name}>')
        for port, name in self.names.items():
            text = text.replace(f'127.0.0.1:{port}', name)
        text = text.replace('dbrepl-0.1.0', '2.30.1')
        text = re.sub(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d( \(\d+ \w+ ago\))?', '<time>', text)
        # Answers come in any order.
        return done.returncode, done.stderr, [sorted(part.splitlines()) for part in text.split('=' * 79)]


class SwiftReconTest(unittest.TestCase):
    maxDiff = 8000

    @classmethod
    def setUpClass(cls):
        cls.sides = [cls.enterClassContext(Observed(maker)) for maker in ('ours', 'swift')]
        for side in cls.sides:
            side.start_all()

    def both(self, *arguments, moving=None, swiftdir='{root}'):
        """Compares; returns our lines. `moving`: numbers in lines that it matches are left out."""
        printed = []
        for side in self.sides:
            code, errors, parts = side.recon(*arguments, '--swiftdir', swiftdir.format(root=side.root))
            if moving:
                parts = [[re.sub(r'\d+(\.\d+)?', '#', line) if re.search(moving, line) else line for line in part]
                         for part in parts]
            printed.append((code, errors, parts))
        self.assertEqual(printed[0], printed[1])
        self.assertEqual(printed[0][:2], (0, ''))
        return '\n'.join(line for part in printed[0][2] for line in part)

    def test_replication(self):
        text = self.both('container', '--replication', '-v')
        self.assertIn('[replication_failure] low: 1, high: 1, avg: 1.0, total: 1,', text)
        text = self.both('account', '--replication')
        self.assertIn('[replication_attempted] low: 0, high: 7, avg: 3.5, total: 7', text)

    def test_sums(self):
        for kind in KINDS:
            text = self.both(kind, '--md5', '-v')
            self.assertEqual(text.count('2/3 hosts matched, 1 error[s] while checking hosts.'), 2, text)
        for side in self.sides:
            # swift.conf of the nodes is changed, and rings here that are not yet there.
            with open(f'{side.root}/swift.conf', 'a', encoding='utf-8') as conf:
                conf.write('# changed\n')
            self.addCleanup(shutil.copy, '/etc/swift/swift.conf', f'{side.root}/swift.conf')
            os.makedirs(f'{side.root}/elsewhere')
            shutil.copy('/etc/swift/swift.conf', f'{side.root}/elsewhere')
            for kind in KINDS:
                with open(f'{side.root}/{kind}.ring.gz', 'rb') as ring:
                    content = gzip.decompress(ring.read())
                with open(f'{side.root}/elsewhere/{kind}.ring.gz', 'wb') as ring:
                    ring.write(gzip.compress(content, 1, mtime=1))
        for kind in KINDS:
            text = self.both(kind, '--md5', '-v', swiftdir='{root}/elsewhere')
            self.assertIn('0/3 hosts matched, 3 error[s] while checking hosts.', text)
            self.assertIn('0/3 hosts matched, 1 error[s] while checking hosts.', text)
            self.assertIn(f"!! http://<{kind} port 1>/recon/ringmd5 ({kind}.ring.gz => <sum of {kind}.ring.gz>)"
                          " doesn't match on disk md5sum", text)
            self.assertRegex(text, r"!! http://<[a-z]+ port 2>/recon/swiftconfmd5 \(\w{32}\) doesn't match on disk md5sum")

    def test_disks(self):
        for kind in KINDS:
            # It gives up at the first node without an answer or without a mounted device, in any order.
            text = self.both(kind, '-d', '--human-readable', '--top', '2', '-v', '--zone', '1',
                             moving='recon/diskusage|space|usage|%')
            self.assertRegex(text, "recon/diskusage: .*'device': 'sd#', 'mounted': True, 'size': #")
            self.assertIn('Disk usage: space used: #', text)
            text = self.both(kind, '-u', '-v')
            for device, node in (('sd1', 1), ('sd3', 2)):
                self.assertIn(f'Not mounted: {device} on <{kind} port {node}>', text)
            self.assertNotIn('Not mounted: sd2', text)

    def test_quarantined(self):
        for kind in KINDS:
            text = self.both(kind, '-q', '-v')
            self.assertIn('[quarantined_containers] low: 0, high: 2, avg: 1.0, total: 2', text)

    def test_time(self):
        for kind in KINDS:
            text = self.both(kind, '--time', '-v', moving='recon/time|Remote|current time')
            self.assertIn('2/3 hosts matched, 1 error[s] while checking hosts.', text)

    def test_everything_else(self):
        text = {kind: self.both(kind, '--loadstats', '--sockstat', '--auditor', '--updater', '--sharding',
                                '--driveaudit', '--validate-servers', '-v', '--suppress',
                                moving='load_avg|tcp|time_wait|orphan|recon/load|recon/sockstat|sock') for kind in KINDS}
        for kind in KINDS:
            self.assertIn('3/3 hosts ok', text[kind])  # those without an answer count, too
            self.assertIn('drive_audit_errors] low: 0, high: 3', text[kind])
        self.assertIn('updater_last_sweep', text['container'])

    def test_all(self):
        moving = 'load_avg|tcp|time_wait|orphan|recon/|sock|space|usage|%|Versions|version'
        for kind in KINDS:
            text = self.both(kind, '--all', '--zone', '1', moving=moving)
            self.assertEqual(text.count('1/1 hosts matched, 0 error[s]'), 3, text)


if __name__ == '__main__':
    swift_env.seed()
    unittest.main(argv=sys.argv[:1])
