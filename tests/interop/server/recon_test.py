"""What monitoring asks: every /recon answer beside that of Swift's middleware."""
import http.client
import json
import os
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


if __name__ == '__main__':
    swift_env.seed()
    unittest.main(argv=sys.argv[:1])
