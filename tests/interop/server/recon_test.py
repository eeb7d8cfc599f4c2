"""What monitoring asks: every /recon answer beside that of Swift's middleware, and swift-recon unmodified."""
import http.client
import json
import os
import subprocess
import sys
import unittest

from interop import swift_env
from interop.server.node import Cluster, free_port
from swift.common import utils
from swift.common.middleware import healthcheck, recon
from swift.common.swob import Request

CHECKS = '''mem load async replication replication/account replication/container replication/object replication/other
devices updater updater/container updater/object updater/account auditor/account auditor/container auditor/object
auditor expirer/object expirer mounted unmounted diskusage ringmd5 swiftconfmd5 quarantined sockstat
version driveaudit time
sharding relinker reconstruction/object reconstruction nothing mem/extra mem/ auditor/account/x m%65m mem?a=b
a%20b/%C3%A9
'''.split() + ['']

CONTAINER_CACHE = {
    'replication_last': 1700000000.25, 'replication_time': 3.5,
    'replication_stats': {'attempted': 12, 'failure': 1, 'success': 35, 'start': 1700000000.0, 'failure_nodes': {}},
    'container_audits_passed': 4, 'container_audits_failed': 0, 'container_audits_since': 1700000000.1,
    'container_auditor_pass_completed': 0.25, 'container_updater_sweep': 1.5,
    'sharding_stats': {'attempted': 1}, 'sharding_time': 2, 'sharding_last': 1700000000.5, 'name': 'h\u00e9',
}
ACCOUNT_CACHE = {'replication_last': 1700000001.25, 'replication_time': 0.5, 'replication_stats': {'attempted': 7,
                 'failure': 0, 'success': 14}, 'account_audits_passed': 9, 'account_audits_since': 1700000000.1}
# Values that change between two looks at the machine.
MOVING = {'mem', 'diskusage', 'load', 'time', 'sockstat', 'mem?a=b', 'm%65m', 'mem/extra', 'mem/'}


def get(port, path, method='GET'):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
    connection.request(method, path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, response.getheader('content-type'), body.decode(), response


def shape(value):
    """Keys and types, without values."""
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def sort_by_device(value):
    if isinstance(value, list) and value and 'device' in value[0]:
        return sorted(value, key=lambda entry: (entry['device'], entry.get('path', '')))
    if isinstance(value, dict):
        return {key: sorted(member) if isinstance(member, list) else member for key, member in value.items()}
    return value


class ReconTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        root = cls.cluster.root
        for name in ('sd1/quarantined/containers/a', 'sd1/quarantined/containers/b', 'sd1/quarantined/accounts/a',
                     'sd1/quarantined/objects/a', 'sd2/quarantined/objects-2/a', 'sd2/quarantined/objects-2/b',
                     'sd3', 'sd 4'):
            os.makedirs(f'{root}/devices/{name}')
        cls.cluster.write('devices/sd3/.ismount', '')
        cls.cluster.write('devices/a-file', '')
        cls.cluster.write('cache/container.recon', json.dumps(CONTAINER_CACHE) + '\n')
        cls.cluster.write('cache/account.recon', json.dumps(ACCOUNT_CACHE))
        cls.cluster.write('cache/drive.recon', 'not json')
        cls.cluster.write('cache/object.recon', '{"async_pending": 5, "object_updater_sweep": 0.5}')
        cls.ports = {}
        for kind in ('account', 'container', 'object'):
            port = cls.ports[kind] = free_port()
            cls.cluster.write_ring(kind, [{'port': port, 'replication_port': port, 'device': name}
                                          for name in ('sd1', 'sd2', 'sd3')])
        for kind in ('account', 'container'):
            conf = cls.cluster.write_conf(f'{kind}.conf', kind, cls.ports[kind])
            cls.cluster.start_ours(kind, conf, cls.ports[kind])
        conf = {'devices': f'{root}/devices', 'swift_dir': root, 'recon_cache_path': f'{root}/cache',
                'disable_path': f'{root}/disabled', 'log_address': f'{root}/no-log'}
        recon.SWIFT_CONF_FILE = '/etc/swift/swift.conf'
        cls.middleware = recon.ReconMiddleware(None, conf)
        cls.healthcheck = healthcheck.HealthCheckMiddleware(None, conf)

    def swifts(self, path, method='GET', app=None):
        response = Request.blank(path, environ={'REQUEST_METHOD': method}).get_response(app or self.middleware)
        return response.status_int, response.headers['Content-Type'], response.body.decode()

    def test_every_check_answers_as_swifts_middleware(self):
        for check in CHECKS:
            with self.subTest(check):
                expected = self.swifts('/recon/' + check)
                status, content_type, body, _ = get(self.ports['container'], '/recon/' + check)
                self.assertEqual((status, content_type.split(';')[0]), (expected[0], expected[1].split(';')[0]))
                if status != 200:
                    self.assertEqual(body, expected[2])
                    continue
                ours, swifts = json.loads(body), json.loads(expected[2])
                if check == 'version':
                    self.assertRegex(ours['version'], '^dbrepl-')
                    continue
                if check == 'swiftconfmd5':
                    self.assertEqual(list(ours), list(swifts))
                    self.assertEqual(ours['/etc/swift/swift.conf'],
                                     utils.md5_hash_for_file(f'{self.cluster.root}/swift.conf'))
                    continue
                self.assertEqual(shape(ours), shape(swifts))
                if isinstance(ours, dict) and check != 'devices':
                    self.assertEqual(list(ours), list(swifts))
                if check not in MOVING:
                    self.assertEqual(sort_by_device(ours), sort_by_device(swifts))

    def test_disk_usage_of_a_mounted_device_is_within_a_percent(self):
        pick = lambda text: {entry['device']: entry for entry in json.loads(text)}
        ours = pick(get(self.ports['account'], '/recon/diskusage')[2])['sd3']
        swifts = pick(self.swifts('/recon/diskusage')[2])['sd3']
        self.assertIs(ours['mounted'], True)
        for key in ('size', 'used', 'avail'):
            self.assertAlmostEqual(ours[key], swifts[key], delta=swifts['size'] / 100)

    def test_any_method_reads_recon(self):
        for method in ('POST', 'DELETE', 'REPLICATE', 'FROB'):
            self.assertEqual(get(self.ports['container'], '/recon/sharding', method)[:3],
                             self.swifts('/recon/sharding', method))
        self.assertEqual(get(self.ports['container'], '/recon/sharding', 'HEAD')[2], '')

    def test_healthcheck(self):
        for _ in range(2):
            for path in ('/healthcheck', '/healthcheck?x'):
                self.assertEqual(get(self.ports['account'], path)[:3], self.swifts(path, app=self.healthcheck))
            self.cluster.write('disabled', '')
        os.unlink(f'{self.cluster.root}/disabled')

    def swift_recon(self, kind, *arguments):
        done = subprocess.run(['/usr/bin/swift-recon', kind, '--swiftdir', self.cluster.root, *arguments],
                              capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn('Traceback', done.stderr)
        return done.stdout

    def test_swift_recon_reads_replication(self):
        text = self.swift_recon('container', '--replication')
        self.assertRegex(text, r'replication_failure\] low: 1, high: 1, avg: 1.0, total: 1')
        self.assertRegex(text, r'replication_success\] low: 35')
        self.assertRegex(text, r'replication_attempted\] low: 12')
        self.assertIn('127.0.0.1:%d' % self.ports['container'], text)
        self.assertRegex(self.swift_recon('account', '-r'), r'replication_attempted\] low: 7')

    def test_swift_recon_compares_md5(self):
        text = self.swift_recon('container', '--md5')
        self.assertIn('1/1 hosts matched, 0 error[s] while checking hosts.', text)
        # Its own swift.conf is the machine's, ours the cluster's: it must have read ours and seen that.
        self.assertIn("!! http://127.0.0.1:%d/recon/swiftconfmd5" % self.ports['container'], text)
        self.cluster.write_ring('account', [{'port': self.ports['account'], 'device': 'sd1',
                                             'replication_port': self.ports['account']}] * 1)
        self.assertIn('1/1 hosts matched', self.swift_recon('account', '--md5'))

    def test_swift_recon_reads_the_rest(self):
        for kind in ('account', 'container'):
            self.assertRegex(self.swift_recon(kind, '-d'), 'Disk usage')
            unmounted = self.swift_recon(kind, '-u')
            self.assertRegex(unmounted, 'Not mounted: sd1 on 127.0.0.1:%d' % self.ports[kind])
            self.assertNotIn('Not mounted: sd3', unmounted)
            quarantined = self.swift_recon(kind, '-q')
            self.assertRegex(quarantined, r'quarantined_containers\] low: 2')
            self.assertRegex(quarantined, r'quarantined_accounts\] low: 1')
            self.assertRegex(quarantined, r'quarantined_objects\] low: 3')
            self.assertRegex(quarantined, r'quarantined_objects_2\] low: 2')
            self.assertIn('1/1 hosts matched, 0 error[s]', self.swift_recon(kind, '--time'))
            self.assertRegex(self.swift_recon(kind, '-l'), r'5m_load_avg\] low: [0-9]+')
            self.assertRegex(self.swift_recon(kind, '--auditor'), 'auditor|audits')
            self.assertRegex(self.swift_recon(kind, '--sockstat'), r'tcp_in_use\] low: [0-9]+')
            self.assertRegex(self.swift_recon(kind, '--driveaudit'), 'drive-audit')
            validated = self.swift_recon(kind, '--validate-servers')
            self.assertIn('1/1 hosts ok, 0 error[s] while checking hosts.', validated)
        self.assertRegex(self.swift_recon('container', '--updater'), r'updater_last_sweep\] low: 1')
        self.assertRegex(self.swift_recon('container', '--sharding'), r'sharding_attempted\] low: 1|attempted')
        self.assertIn('Versions matched', self.swift_recon('container', '--swift-versions'))


if __name__ == '__main__':
    swift_env.seed()
    unittest.main(argv=sys.argv[:1])
