"""Our ReplicateClient against Debian's container-server: what it answers comes back whole, one connection serves all, and
a connection that the server closed while idle costs nobody an error."""
import http.client
import json
import sys
import time

from interop import swift_env
from interop.rpc import probe
from interop.rpc.swift_server import SwiftServer

JSON = [['Content-Type', 'application/json']]
SYNC = json.dumps(['sync', -1, '0' * 32, 'remote-id', '1', '2', '0', ''])


def by_python(port, order):
    """The same request by Python's http.client."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
    connection.request(order['method'], order['target'], order['body'] or None, dict(order['headers']))
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return {'status': response.status, 'reason': response.reason, 'body': body,
            'headers': [[name, value] for name, value in response.getheaders()]}


def comparable(answer):
    if 'error' in answer:
        return answer
    headers = [header for header in answer['headers'] if header[0] != 'Date']
    return answer['status'], answer['reason'], headers, answer['body']


def orders(database):
    missing = '/sd1/7/' + 'ff' * 16
    for target, body in ((missing, SYNC), (missing, '["complete_rsync", "x"]'), (missing, '["nonsense"]'),
                         ('/nope/7/' + 'ff' * 16, SYNC), ('/sd1/7', SYNC), (database, '{nope'), (database, ''),
                         (database, '"sync"'), (database, SYNC), (database, SYNC),
                         (database, '["merge_syncs", [{"remote_id": "x", "sync_point": 5}]]'),
                         (database, '["get_shard_ranges"]'),
                         (database, json.dumps(['sync', 3, '0' * 32, 'x' * 100000, '1', '2', '0', '']))):
        yield {'method': 'REPLICATE', 'target': target, 'headers': JSON, 'body': body}
    for method in ('GET', 'HEAD', 'OPTIONS', 'FROB'):
        yield {'method': method, 'target': '/healthcheck', 'headers': [], 'body': ''}
        yield {'method': method, 'target': '/sd1/7/no/such', 'headers': [], 'body': ''}


def check_answers(checks, server, client):
    database = server.make_container('a', 'c')
    # The first sync changes what the next one is told.
    by_python(server.port, {'method': 'REPLICATE', 'target': database, 'headers': JSON, 'body': SYNC})
    for order in orders(database):
        swifts = by_python(server.port, order)
        ours = client.ask(port=server.port, **order)
        checks.equal(f'{order["method"]} {order["target"]} {order["body"][:40]}', comparable(ours), comparable(swifts))
    checks.equal('connections for all of them', ours['connections'], 1)


def check_idle(checks):
    """Swift's server closes idle connections after client_timeout; Swift's client then fails, ours does not."""
    with SwiftServer(client_timeout=1) as server, probe.Probe('call') as client:
        target = server.make_container('a', 'idle')
        order = {'method': 'REPLICATE', 'target': target, 'headers': JSON, 'body': SYNC}
        for pause in (0, 0, 1.5, 0.98, 1.0, 1.02):
            time.sleep(pause)
            answer = client.ask(port=server.port, **order)
            checks.equal(f'after {pause} s of silence', answer.get('status', answer), 200)
        checks.equal('a new connection after the long silence', answer['connections'] >= 2, True)


def check_timeouts(checks, server, client):
    missing = '/sd1/7/' + 'ee' * 16
    answer = client.ask(port=server.port, method='REPLICATE', target=missing, headers=JSON, body=SYNC, node_timeout_ms=0)
    checks.equal('node_timeout of nothing', answer.get('error', answer), 'timeout')
    answer = client.ask(port=server.port, method='REPLICATE', target=missing, headers=JSON, body=SYNC)
    checks.equal('and the next call is fine', answer.get('status', answer), 404)
    server.process.kill()
    server.process.wait()
    answer = client.ask(port=server.port, method='REPLICATE', target=missing, headers=JSON, body=SYNC)
    checks.equal('a server that is gone', answer.get('error', answer), 'unreachable')


def main():
    swift_env.seed()
    checks = probe.Checks()
    with SwiftServer() as server, probe.Probe('call') as client:
        check_answers(checks, server, client)
        check_timeouts(checks, server, client)
    check_idle(checks)
    return checks.exit_code()


if __name__ == '__main__':
    sys.exit(main())
