"""Requests forwarded by us to Debian's container-server end as they end there, for every verb other daemons send to a
replication port."""
import sys

from interop import swift_env
from interop.rpc import probe
from interop.rpc.swift_server import SwiftServer
from swift.common.bufferedhttp import BufferedHTTPConnection

STAMP = {'X-Timestamp': '1700000000.00000', 'X-Backend-Storage-Policy-Index': '0'}
OBJECT = {**STAMP, 'X-Size': '3', 'X-Content-Type': 'text/plain', 'X-Etag': 'e'}

# Each entry of the script is sent to a container of its own, once through us and once to Swift.
SCRIPT = [
    ('GET', '', {}, None), ('PUT', '', {**STAMP, 'X-Container-Meta-Colour': 'blue'}, None), ('HEAD', '', {}, None),
    ('PUT', '/o', OBJECT, None), ('PUT', '/o%20%C3%A9', OBJECT, None), ('GET', '', {}, None),
    ('GET', '?format=json&limit=1', {}, None), ('POST', '', {**STAMP, 'X-Container-Meta-A': 'b'}, 'x' * 300000),
    ('UPDATE', '', {**STAMP, 'Content-Type': 'application/json'}, '[]'), ('HEAD', '', {}, None),
    ('PUT', '', {}, None), ('OPTIONS', '', {}, None), ('FROB', '', {}, None),
    ('DELETE', '/o', {'X-Timestamp': '1700000001.00000', 'X-Backend-Storage-Policy-Index': '0'}, None),
    ('GET', '', {}, None), ('DELETE', '', {'X-Timestamp': '1700000002.00000'}, None),
]
# What differs between two containers made at different times.
CHANGING = ('date', 'last-modified', 'connection', 'x-timestamp', 'x-backend-timestamp')


def run(port, container):
    connection = BufferedHTTPConnection(f'127.0.0.1:{port}')
    results = []
    for method, rest, headers, body in SCRIPT:
        connection.request(method, f'/sd1/7/AUTH_a/{container}{rest}', body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        kept = [(name, value.replace(container, 'C')) for name, value in response.getheaders()
                if name.lower() not in CHANGING]
        results.append((method + ' ' + rest, response.status, response.reason, kept, text.replace(container, 'C')))
    connection.close()
    return results


def main():
    swift_env.seed()
    checks = probe.Checks()
    with SwiftServer() as swift, probe.Probe('forward', str(swift.port)) as front:
        front_port = front.receive()['port']
        for ours, swifts in zip(run(front_port, 'one'), run(swift.port, 'two')):
            checks.equal(swifts[0], ours, swifts)
        swift.process.kill()
        swift.process.wait()
        client = BufferedHTTPConnection(f'127.0.0.1:{front_port}')
        client.request('GET', '/sd1/7/AUTH_a/one')
        response = client.getresponse()
        checks.equal('without a server', response.status, 502)
        checks.equal('and why', b'connection refused' in response.read(), True)
        client.close()
    return checks.exit_code()


if __name__ == '__main__':
    sys.exit(main())
