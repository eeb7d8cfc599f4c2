"""The recorded odd requests, byte for byte and in their order, on the recorded databases: our servers answer as Debian's
did then, and Debian's answer once more as they did, which shows that the databases are the same."""
import json
import os
import shutil
import socket
import sys
import unittest

from interop import swift_env
from interop.datagrams import Datagrams
from interop.server import recorded_world
from interop.server.node import Cluster, free_port
from interop.server.recorded import (
    Names, Transcript, comparable_databases, header_pairs, in_order, operation, status_of,
    without_points_of_senders, without_row_numbers_of)
from interop.server.recorded_world import FOLDER, SWIFT_CONF

# What docs/COMPATIBILITY.md says of ours: refused with 400 and a sentence.
REFUSED = {
    'partition is not a number', 'body is an object', 'body is an empty list', 'unknown operation',
    'too few arguments to sync', 'merge_items, no ROWID', 'merge_items, source left out',
    # Received files under names that do not fit what is in them.
    'complete_rsync', 'complete_rsync without file name', 'rsync_then_merge',
}
REFUSED_OF = {'container': {'merge_items, no rows'}, 'account': {'get_shard_ranges', 'merge_shard_ranges, none'}}
# The parser's words: Python's there, ours here.
PARSER_TEXT = {'no Content-Length', 'bad JSON', 'empty body'}
LANDED = {'complete_rsync': 'first', 'complete_rsync without file name': 'second', 'rsync_then_merge': 'third'}


class Probed(Cluster):
    """The node of the probes, with one server."""

    def __init__(self, maker, transcript):
        super().__init__(FOLDER)
        self.maker, self.kind = maker, transcript.kind
        self.node = transcript.probes[0][1].node
        self.write('swift.conf', SWIFT_CONF)
        recorded_world.build(transcript, self.root)
        database = transcript.about['databases'][0]
        self.hash_path = os.path.join(f'{self.root}/node{self.node}/sd{self.node}', database['dir'])
        self.db_path = os.path.join(self.hash_path, os.path.basename(database['dir']) + '.db')
        self.port = free_port()

    def start_server(self, default=''):
        swift_port = self.port
        app = ''
        if self.maker == 'ours':
            swift_port = free_port()
            app = f'upstream = 127.0.0.1:{swift_port}'
        def conf(name, port, **more):
            return self.write_conf(name, self.kind, port, workers=0, devices=f'node{self.node}', **more)
        self.start_swift(self.kind, conf('swift.server', swift_port, default=default), swift_port)
        if self.maker == 'ours':
            self.start_ours(self.kind, conf('ours.server', self.port, app=app, default=default), self.port)

    def land(self, name):
        shutil.copy(self.db_path, f'{self.root}/node{self.node}/sd{self.node}/tmp/{name}')


class Caller:
    """A connection that sends what was sent then."""

    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=60)
        self.stream = self.socket.makefile('rb')

    def ask(self, exchange):
        """(head, body)"""
        self.socket.sendall((exchange.request_head + exchange.request_body).encode())
        head = self.read_head()
        length = dict(header_pairs(head, ())).get('content-length', '0')
        has_body = not exchange.request_head.startswith('HEAD ')
        return head, self.stream.read(int(length)).decode() if has_body else ''

    def read_head(self):
        lines = []
        while not lines or lines[-1] not in ('\r\n', ''):
            lines.append(self.stream.readline().decode())
        return ''.join(lines)

    def close(self):
        self.stream.close()
        self.socket.close()


def without_max_row(info):
    """Rows of accounts that do not change keep their ROWIDs here."""
    return info if isinstance(info, str) else [pair for pair in info if pair[0] != 'max_row']


class ProbesTest(unittest.TestCase):
    maxDiff = 4000

    def replay(self, name, maker):
        transcript = Transcript(name)
        with Probed(maker, transcript) as probed:
            probed.start_server()
            names = Names(transcript.before['dbs'], [], [])
            callers = {}
            for label, exchange in transcript.probes:
                with self.subTest(label):
                    if label in LANDED:
                        probed.land(LANDED[label])
                    if exchange.conn not in callers:
                        callers[exchange.conn] = Caller(probed.port)
                    caller = callers[exchange.conn]
                    self.compare(label, exchange, caller.ask(exchange), names, probed)
                    if label.startswith('Expect'):
                        self.assertEqual(status_of(caller.read_head()), 200)
                    if exchange.conn in transcript.closed_by_server:
                        self.assertEqual(caller.stream.read(), b'')
            for caller in callers.values():
                caller.close()
            self.compare_databases(transcript, probed)

    def compare(self, label, exchange, answer, names, probed):
        head, body = answer
        if probed.maker == 'ours' and label in REFUSED | REFUSED_OF[probed.kind]:
            self.assertNotEqual(status_of(exchange.response_head), 400, 'no difference any more')
            self.assertEqual((status_of(head), header_pairs(head, ('date', 'content-length'))),
                             (400, [('content-type', 'text/plain')]))
            self.assertRegex(body, r'^[^\n]{5,200}$')
            if label == 'rsync_then_merge':
                self.merge_under_its_own_name(exchange, probed)
            return
        self.assertEqual(status_of(head), status_of(exchange.response_head))
        recorded, ours = (header_pairs(each, ('date', 'content-length')) for each in (exchange.response_head, head))
        if label == 'OPTIONS' and probed.maker == 'ours':
            recorded = [pair if pair[0] != 'server' else ('server', f'{probed.kind}-server/dbrepl-0.1.0')
                        for pair in recorded]
        self.assertEqual(ours, recorded)
        if status_of(head) == 500 or label in PARSER_TEXT:
            self.assertTrue(body)
        else:
            answered, recorded = (in_order(names.replace(text)) for text in (body, exchange.response_body))
            if probed.maker == 'ours' and probed.kind == 'account' and operation(exchange) == 'sync':
                answered, recorded = without_max_row(answered), without_max_row(recorded)
            self.assertEqual(answered, recorded)

    def merge_under_its_own_name(self, exchange, probed):
        """What follows shall find the merged file, as it did then."""
        probed.landed_id = recorded_world.contents(probed.kind, probed.db_path)[
            'container_info' if probed.kind == 'container' else 'account_stat'][0]['id']
        probed.land(probed.landed_id)
        body = json.dumps([operation(exchange), probed.landed_id])
        length = f'Content-Length: {len(body)}'
        head = '\r\n'.join(length if line.startswith('Content-Length') else line
                           for line in exchange.request_head.split('\r\n'))
        caller = Caller(probed.port)
        head, _ = caller.ask(exchange._replace(request_head=head, request_body=body))
        caller.close()
        self.assertEqual(status_of(head), 204)

    def compare_databases(self, transcript, probed):
        dumped, recorded = recorded_world.dump(probed.kind, probed.root), transcript.after['dbs']
        if probed.maker == 'ours':
            # Without those two that were refused; the third file was merged under its own id.
            recorded = [each for each in recorded if '/fff/' not in each['db'] and '/eee/' not in each['db']]
            recorded = json.loads(json.dumps(recorded).replace('"third"', json.dumps(probed.landed_id)))
        dumped, recorded = (comparable_databases(Names(transcript.before['dbs'], each, []), each)
                            for each in (dumped, recorded))
        if probed.maker == 'ours':
            dumped = without_points_of_senders(dumped, recorded, {probed.landed_id})
        if probed.maker == 'ours' and probed.kind == 'account':
            dumped, recorded = without_row_numbers_of(dumped), without_row_numbers_of(recorded)
        self.assertEqual(dumped, recorded)


class LogTest(unittest.TestCase):
    def test_lines_about_a_request_name_its_transaction(self):
        transcript = Transcript('probes')
        exchange = next(exchange for label, exchange in transcript.probes if label == 'bad metadata in sync')
        head = exchange.request_head.replace('\r\n\r\n', '\r\nX-Trans-Id: tx-one\r\n\r\n')
        for maker in ('ours', 'swift'):
            log = Datagrams()
            with self.subTest(maker), Probed(maker, transcript) as probed:
                probed.start_server(f'log_udp_host = 127.0.0.1\nlog_udp_port = {log.port}\nlog_level = DEBUG\n')
                caller = Caller(probed.port)
                self.assertEqual(status_of(caller.ask(exchange._replace(request_head=head))[0]), 200)
                self.assertEqual(status_of(caller.ask(exchange)[0]), 200)
                caller.close()
                # Severity error, facility local0; the one asked without an id says none.
                log.wait_for(r"^<131>container-server: .*Unable to decode remote metadata '\{nope'$")
                log.wait_for(r"^<131>container-server: .*Unable to decode remote metadata '\{nope' \(txn: tx-one\)$")
                log.wait_for(r'^<135>container-server: .*"REPLICATE /sd3/828/\w+" 200 \d+ "-" "tx-one" "-" [^(]*$')


def add_tests():
    for name in ('probes', 'account-probes'):
        for maker in ('ours', 'swift'):
            def test(self, name=name, maker=maker):
                self.replay(name, maker)
            setattr(ProbesTest, f'test_{name.replace("-", "_")}_{maker}', test)


if __name__ == '__main__':
    swift_env.seed()
    add_tests()
    unittest.main(argv=sys.argv[:1])
