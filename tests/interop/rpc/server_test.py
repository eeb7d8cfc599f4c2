"""Our HttpServer answers as Swift's server: recorded requests get heads equal byte for byte, Swift's own replication
client is content with it, and requests that are no HTTP end as they end at Swift's server."""
import json
import logging
import os
import sys

from interop import swift_env
from interop.rpc import probe
from interop.rpc.swift_server import SwiftServer
from swift.common.db_replicator import ReplConnection

ADDED_BY_SERVER = ('content-length', 'date', 'connection')


def recorded_exchanges():
    path = os.path.join(os.environ['DBREPL_SOURCE'], 'tests/data/rpc/exchanges.jsonl')
    with open(path, encoding='utf-8') as lines:
        return [json.loads(line) for line in lines]


def as_answer(exchange):
    """What a handler would return, so that our server makes the recorded answer of it."""
    status_line, *lines = exchange['response_head'].rstrip('\r\n').split('\r\n')
    status, reason = status_line.split(' ', 2)[1:]
    headers = [line.split(': ', 1) for line in lines]
    kept = [header for header in headers if header[0].lower() not in ADDED_BY_SERVER]
    if exchange['request_head'].startswith('HEAD'):
        kept += [header for header in headers if header[0].lower() == 'content-length']
    return {'status': int(status), 'reason': reason, 'headers': kept, 'body': exchange['response_body']}


def check_recorded(checks):
    exchanges = [e for e in recorded_exchanges() if ' 100 ' not in e['response_head']]
    with probe.Probe('serve', first_line=[as_answer(e) for e in exchanges]) as server:
        port = server.receive()['port']
        for number, exchange in enumerate(exchanges):
            client = probe.Raw(port)
            client.send(exchange['request_head'] + exchange['request_body'])
            what = f'exchange {number}, {exchange["request_head"].splitlines()[0]}'
            try:
                head = client.read_head()
                body = client.read_body(head, not exchange['request_head'].startswith('HEAD'))
            except (EOFError, OSError) as problem:
                head, body = repr(problem), ''
            checks.equal(what, probe.without_date(head), probe.without_date(exchange['response_head']))
            checks.equal(what + ', body', body, exchange['response_body'])
            if 'Connection: close' in exchange['response_head']:
                checks.equal(what + ', closed', client.is_closed(), True)
            client.close()


def check_swifts_client(checks):
    recorded = next(e for e in recorded_exchanges() if e['from'] == 'idle')
    names = [line.split(':')[0] for line in recorded['request_head'].rstrip('\r\n').split('\r\n')[1:]]
    page = {'status': 404, 'reason': 'Not Found', 'headers': [['Content-Type', 'text/html; charset=UTF-8']],
            'body': '<html><h1>Not Found</h1></html>'}
    fine = {'status': 200, 'reason': 'OK', 'headers': [['Content-Type', 'text/html; charset=UTF-8']],
            'body': '{"point": -1}'}
    empty = {'status': 204, 'reason': '', 'headers': [['Content-Type', 'text/html; charset=UTF-8']], 'body': ''}
    answers = [page, fine, empty, fine] * 10
    with probe.Probe('serve', first_line=answers) as server:
        node = {'replication_ip': '127.0.0.1', 'replication_port': server.receive()['port'], 'device': 'sd1'}
        client = ReplConnection(node, 7, 'ff' * 16, logging.getLogger())
        for answer in answers:
            response = client.replicate('sync', -1, 'é\u2028', {'rows': list(range(2000))})
            seen = server.receive()
            checks.equal('status for ReplConnection', response and response.status, answer['status'])
            checks.equal('data for ReplConnection', response and response.data.decode(), answer['body'])
            checks.equal('request line', (seen['method'], seen['target']), ('REPLICATE', '/sd1/7/' + 'ff' * 16))
            checks.equal('header names', [name for name, _ in seen['headers']], names)
            checks.equal('body', json.loads(seen['body']), ['sync', -1, 'é\u2028', {'rows': list(range(2000))}])
        client.close()


# Requests whose end is what a client sees: the status and whether the connection is closed. (Too many headers are not among
# them: eventlet reads on without an answer until its time limit, ours says 431.)
ODD = {
    'no request line': 'hello\r\n\r\n',
    'four words': 'GET / x HTTP/1.1\r\n\r\n',
    'bad version': 'GET / HTTP/x.y\r\n\r\n',
    'negative length': 'REPLICATE /sd1/1/ff HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'length no number': 'REPLICATE /sd1/1/ff HTTP/1.1\r\nHost: x\r\nContent-Length: two\r\n\r\n',
    'long request line': 'GET /' + 'a' * 9000 + ' HTTP/1.1\r\n\r\n',
    'long header line': 'GET / HTTP/1.1\r\nA: ' + 'a' * 9000 + '\r\n\r\n',
    'headers too large': 'GET / HTTP/1.1\r\n' + ''.join(f'A{i}: {"a" * 8000}\r\n' for i in range(9)) + '\r\n',
}


def ending(port, text):
    client = probe.Raw(port)
    try:
        client.send(text)
        head = client.read_head()
        client.read_body(head)
        return int(head.split(' ')[1]), client.is_closed()
    except (EOFError, OSError) as problem:
        return repr(problem)
    finally:
        client.close()


def check_odd(checks):
    with SwiftServer() as swift, probe.Probe('serve', first_line=[]) as server:
        port = server.receive()['port']
        for name, text in ODD.items():
            checks.equal(name, ending(port, text), ending(swift.port, text))


def main():
    swift_env.seed()
    checks = probe.Checks()
    check_recorded(checks)
    check_swifts_client(checks)
    check_odd(checks)
    return checks.exit_code()


if __name__ == '__main__':
    sys.exit(main())
