"""Requests of other daemons that reach our replication port end as at Debian's server, found through the ring."""
import http.client
import json
import os
import socket
import sys
import unittest

from interop import swift_env
from interop.server.node import Cluster, free_port

STAMP = {'X-Timestamp': '1700000000.00000', 'X-Backend-Storage-Policy-Index': '0'}
# What differs between two requests made at different times, and what a server says about its connection.
CHANGING = ('date', 'last-modified', 'connection', 'x-timestamp', 'x-backend-timestamp', 'transfer-encoding',
            'content-length')
OBJECTS = 1500


def ask(port, method, path, headers=(), body=None, chunked=False):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
    connection.request(method, path, body, dict(headers), encode_chunked=chunked)
    response = connection.getresponse()
    text = response.read()
    kept = sorted((name.lower(), value) for name, value in response.getheaders() if name.lower() not in CHANGING)
    connection.close()
    return response.status, kept, text


class ForwardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        cls.swift_port, cls.port = free_port(), free_port()
        elsewhere = free_port()
        cls.cluster.write_ring('container', [
            {'port': elsewhere, 'replication_port': elsewhere, 'device': 'sd1', 'ip': '127.0.0.2',
             'replication_ip': '127.0.0.2'},
            {'port': cls.swift_port, 'replication_port': cls.port, 'device': 'sd1'}])
        cls.swift = cls.cluster.start_swift('container', cls.cluster.write_conf('swift.conf.d', 'container',
                                                                                cls.swift_port), cls.swift_port)
        cls.cluster.start_ours('container', cls.cluster.write_conf('ours.conf', 'container', cls.port), cls.port)
        os.makedirs(f'{cls.cluster.root}/devices/sd1')

    def both(self, method, rest='', headers=(), body=None, chunked=False):
        """The same request to a container through us, and to another one at Swift's server; returns ours."""
        answers = []
        for port, container in ((self.port, 'one'), (self.swift_port, 'two')):
            piece = body() if callable(body) else body
            status, kept, text = ask(port, method, f'/sd1/7/AUTH_a/{container}{rest}', headers, piece, chunked)
            answers.append((status, kept, text.replace(container.encode(), b'C')))
        self.assertEqual(answers[0], answers[1])
        return answers[0]

    def test_containers_live_through_us(self):
        self.assertEqual(self.both('GET')[0], 404)
        self.assertEqual(self.both('PUT', headers={**STAMP, 'X-Container-Meta-Colour': 'blue'})[0], 201)
        self.assertIn(('x-container-meta-colour', 'blue'), self.both('HEAD')[1])
        for number in range(3):
            self.assertEqual(self.both('PUT', f'/o{number}', {**STAMP, 'X-Size': '3', 'X-Content-Type': 'text/plain',
                                                             'X-Etag': 'e'})[0], 201)
        self.assertEqual(self.both('GET')[2], b'o0\no1\no2\n')
        ranges = b'[{"name": ".shards_a/c-1", "lower": "", "upper": "m", "timestamp": "1700000000.00000"}]'
        pieces = lambda: iter([ranges[:10], ranges[10:]])
        self.both('PUT', headers={**STAMP, 'X-Backend-Record-Type': 'shard', 'Transfer-Encoding': 'chunked'},
                  body=pieces, chunked=True)
        self.both('GET', '?format=json', {'X-Backend-Record-Type': 'shard'})
        later = {**STAMP, 'X-Timestamp': '1700000005.00000'}
        for number in range(3):
            self.assertEqual(self.both('DELETE', f'/o{number}', later)[0], 204)
        self.assertEqual(self.both('DELETE', headers=later)[0], 204)
        self.assertEqual(self.both('GET')[0], 404)

    def test_big_listing_and_big_bodies(self):
        path = '/sd1/9/AUTH_a/big'
        self.assertEqual(ask(self.port, 'PUT', path, STAMP)[0], 201)
        rows = [{'name': f'object-{number:05}-' + 'n' * 200, 'created_at': '1700000000.00000', 'size': 1,
                 'content_type': 'text/plain', 'etag': 'e', 'deleted': 0, 'storage_policy_index': 0}
                for number in range(OBJECTS)]
        body = json.dumps(rows).encode()
        pieces = (body[at:at + 1000] for at in range(0, len(body), 1000))
        headers = {**STAMP, 'Transfer-Encoding': 'chunked', 'Content-Type': 'application/json'}
        status = ask(self.port, 'UPDATE', path, headers, pieces, True)[0]
        self.assertEqual(status, 202)
        ours, swifts = (ask(port, 'GET', path + '?format=json') for port in (self.port, self.swift_port))
        self.assertEqual(ours, swifts)
        self.assertEqual(len(json.loads(ours[2])), OBJECTS)

    def test_unknown_devices_and_paths_reach_the_ordinary_server(self):
        for method, path in (('GET', '/sdX/1/a/c'), ('GET', '/'), ('PUT', '/sd1/x'), ('FROB', '/sd1/1/a/c'),
                             ('GET', '/%00/1/a/c')):
            ours, swifts = (ask(port, method, path) for port in (self.port, self.swift_port))
            self.assertEqual(ours, swifts, (method, path))

    def test_without_the_ordinary_server(self):
        port = free_port()
        conf = self.cluster.write_conf('gone.conf', 'container', port, app=f'upstream = 127.0.0.1:{free_port()}')
        self.cluster.start_ours('container', conf, port)
        status, _, text = ask(port, 'PUT', '/sd1/1/a/c', STAMP)
        self.assertEqual(status, 502)
        self.assertIn(b'This server passes the request on, but', text)
        self.assertIn(b'refused', text)
        self.assertEqual(ask(port, 'GET', '/healthcheck')[0], 200)

    def test_without_a_device_of_this_node(self):
        port = free_port()
        self.cluster.start_ours('container', self.cluster.write_conf('nobody.conf', 'container', port), port)
        status, _, text = ask(port, 'GET', '/sd1/1/a/c')
        self.assertEqual(status, 502)
        self.assertIn(f'no device with replication address 127.0.0.1:{port}'.encode(), text)
        self.assertIn(b'set `upstream = host:port`', text)

    def test_silent_upstream(self):
        port = free_port()
        with socket.create_server(('127.0.0.1', 0)) as silent:
            conf = self.cluster.write_conf('silent.conf', 'container', port, app='upstream_timeout = 0.5\nupstream = '
                                           f'127.0.0.1:{silent.getsockname()[1]}')
            self.cluster.start_ours('container', conf, port)
            status, _, text = ask(port, 'GET', '/sd1/1/a/c')
            self.assertEqual(status, 504)
            self.assertIn(b'silent for 500 ms', text)

    def test_replicate_may_be_switched_off(self):
        port = free_port()
        conf = self.cluster.write_conf('off.conf', 'container', port, app='replication_server = false')
        self.cluster.start_ours('container', conf, port)
        swift_port = free_port()
        swift_conf = self.cluster.write_conf('off-swift.conf', 'container', swift_port,
                                             app='replication_server = false')
        self.cluster.start_swift('container', swift_conf, swift_port)
        path = '/sd1/1/' + 'a' * 32
        ours, swifts = (ask(each, 'REPLICATE', path, body=b'["sync"]') for each in (port, swift_port))
        self.assertEqual(ours, swifts)
        allowed = [dict(ask(each, 'OPTIONS', '/')[1])['allow'] for each in (port, swift_port)]
        self.assertEqual(allowed[0], allowed[1])

    def test_options_names_the_server(self):
        for path in ('/', '/sd1', '*'):
            ours, swifts = (ask(port, 'OPTIONS', path) for port in (self.port, self.swift_port))
            self.assertEqual(ours[0], swifts[0])
            self.assertEqual(dict(ours[1])['allow'], dict(swifts[1])['allow'])
            self.assertRegex(dict(ours[1])['server'], '^container-server/dbrepl-')


if __name__ == '__main__':
    swift_env.seed()
    unittest.main(argv=sys.argv[:1])
