"""Connections that are no HTTP, claim too much or send too little; the bodies are of no interest."""
from hostile.case import Case

BODY = b'["get_shard_ranges"]'


def head(*lines, method=b'REPLICATE', target=None, version=b'HTTP/1.1'):
    def make(world):
        first = b' '.join([method, target or world.target.encode(), version])
        return b'\r\n'.join([first, b'Host: x', *lines]) + b'\r\n\r\n'
    return make


def with_body(*lines, body=BODY, **options):
    return lambda world: head(*lines, **options)(world) + body


# What is no request: bytes, status.
NO_HTTP = [
    ('bytes', bytes(range(256)) * 4 + b'\r\n\r\n', 400), ('NUL', b'\0' * 100 + b'\r\n\r\n', 400), ('TLS', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + b'x' * 200 + b'\r\n\r\n', 400),
    ('HTTP/2', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400), ('SSH', b'SSH-2.0-OpenSSH_9.2\r\n\r\n', 400), ('a word', b'REPLICATE\r\n\r\n', 400),
    ('HTTP/0.9', b'GET /\r\n\r\n', 400), ('HTTP/3.7', b'REPLICATE / HTTP/3.7\r\n\r\n', 400), ('HTTP/1', b'REPLICATE / HTTP/1\r\n\r\n', 400), ('no version', b'REPLICATE / HTTP/\r\n\r\n', 400),
    ('blanks', b'REPLICATE  /  HTTP/1.1\r\n\r\n', 400), ('tabs', b'REPLICATE\t/\tHTTP/1.1\r\n\r\n', 400), ('a blank first', b' REPLICATE / HTTP/1.1\r\n\r\n', 400),
    ('NUL in the target', b'REPLICATE /sda\0/7 HTTP/1.1\r\n\r\n', 400), ('NUL in the method', b'REP\0LICATE / HTTP/1.1\r\n\r\n', 400),
    ('a CR in the target', b'REPLICATE /sda\r/7 HTTP/1.1\r\n\r\n', 400), ('an endless line', b'REPLICATE /' + b'a' * 100_000, (400, 414)), ('an endless method', b'A' * 100_000, (400, 414)),
]
# Header lines of a REPLICATE.
BAD_LINES = [
    ('an endless header', b'X: ' + b'a' * 100_000, (400, 431)), ('a header without a colon', b'Nothing', 400), ('a header without a name', b': x', 400),
    ('NUL in a header', b'X: a\0b', 400), ('NUL in a name', b'X\0: a', 400), ('a blank before the colon', b'Content-Length : 5', 400), ('a CR in a header', b'X: a\rb', 400),
    ('no length', b'Content-Length: ', 400), ('a length of -1', b'Content-Length: -1', 400), ('a length of +5', b'Content-Length: +5', 400), ('a length of 0x14', b'Content-Length: 0x14', 400),
    ('a length of 1e3', b'Content-Length: 1e3', 400), ('a length of NaN', b'Content-Length: NaN', 400), ('a length of 5,5', b'Content-Length: 5,5', 400), ('a length of 2^64', b'Content-Length: 18446744073709551616', 400),
    ('a length of 2^64-1', b'Content-Length: 18446744073709551615', (400, 413)), ('a length of 10^18', b'Content-Length: 1000000000000000000', 413), ('a length of 64 MB and a byte', b'Content-Length: 67108865', 413),
    ('two lengths', b'Content-Length: 20\r\nContent-Length: 21', 400), ('a length and chunks', b'Content-Length: 20\r\nTransfer-Encoding: chunked', 400), ('gzip', b'Transfer-Encoding: gzip', 501),
    ('chunks in gzip', b'Transfer-Encoding: gzip, chunked', 501), ('chunks twice', b'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', (400, 501)), ('odd chunks', b'Transfer-Encoding: xchunked', 501),
    ('a vertical tab before chunked', b'Transfer-Encoding: \x0bchunked', (400, 501)), ('101 headers', b'\r\n'.join([b'X: y'] * 101), 431), ('a million headers', b'\r\n'.join([b'X: y'] * 1_000_000), 431),
    ('64 KiB of headers', b'\r\n'.join([b'X: ' + b'y' * 4000] * 20), (400, 431)),
]
BAD_CHUNKS = [
    ('no size', b'\r\nx\r\n0\r\n\r\n'), ('a size of -1', b'-1\r\nx\r\n0\r\n\r\n'), ('a size of 0x5', b'0x5\r\nhello\r\n0\r\n\r\n'), ('a size of 2^64', b'10000000000000000\r\n'),
    ('too little', b'5\r\nhel\r\n0\r\n\r\n'), ('too much', b'2\r\nhello\r\n0\r\n\r\n'), ('an endless extension', b'1;' + b'a' * 100_000 + b'\r\nx\r\n0\r\n\r\n'), ('text', b'hello\r\n'),
    ('endless zeros', b'0' * 100_000), ('an endless trailer', b'0\r\n' + b'X: y\r\n' * 100_000 + b'\r\n'),
]
CUT_SHORT = [
    ('a head', lambda world: b'REPLICATE ' + world.target.encode() + b' HTT'), ('headers', lambda world: b'REPLICATE ' + world.target.encode() + b' HTTP/1.1\r\nHost: x\r\n'),
    ('a body', with_body(b'Content-Length: 1000')), ('no body at all', head(b'Content-Length: 1000')), ('a chunk', with_body(b'Transfer-Encoding: chunked', body=b'14\r\n["get')),
    ('chunks without the last', with_body(b'Transfer-Encoding: chunked', body=b'14\r\n["get_shard_ranges"]\r\n')), ('the promise to go on', head(b'Content-Length: 20', b'Expect: 100-continue')), ('nothing', lambda _: b''),
]
OTHER_METHODS = [b'GET', b'HEAD', b'PUT', b'POST', b'DELETE', b'UPDATE', b'SSYNC', b'TRACE', b'CONNECT', b'replicate', b'REPLICATE1', b'XX-EVIL']


def whole_body(size):
    def make(world):
        return head(b'Connection: close', b'Content-Length: %d' % size)(world) + b'[' * size
    return make


def endless_chunks(world):
    """65 MB in chunks, whose length nobody has told."""
    yield head(b'Transfer-Encoding: chunked')(world)
    for _ in range(65):
        yield b'100000\r\n' + b'x' * (1 << 20) + b'\r\n'
    yield b'0\r\n\r\n'


def cases():
    for name, data, status in NO_HTTP:
        yield Case(f'no HTTP: {name}', raw=data, status=status)
    for name, line, status in BAD_LINES:
        yield Case(f'header: {name}', raw=with_body(line), status=status)
    yield Case('a folded header is served', raw=with_body(b'X: a\r\n b', b'Content-Length: %d' % len(BODY), b'Connection: close'), status=200, lines=0)
    for name, body in BAD_CHUNKS:
        yield Case(f'chunks: {name}', raw=with_body(b'Transfer-Encoding: chunked', body=body), status=400)
    for name, raw in CUT_SHORT:
        # Nobody is left to be answered.
        yield Case(f'cut short: {name}', raw=raw, status=100 if name == 'the promise to go on' else 0, lines=0)
    for method in OTHER_METHODS:
        yield Case(f'method {method.decode()}', raw=head(b'Content-Length: 0', b'Connection: close', method=method), status=502)
        yield Case(f'method {method.decode()} outside', raw=head(b'Content-Length: 0', b'Connection: close', method=method, target=b'/../../etc/passwd'), status=502)
    for target in (b'/recon/../../etc/passwd', b'/recon/%2e%2e/%2e%2e/outside/victim.txt', b'/recon/replication/../../outside', b'/recon/' + b'a' * 5000, b'/recon/\xff'):
        yield Case(f'recon {target[:40]}', raw=head(b'Connection: close', method=b'GET', target=target), status=(400, 404), lines=None)
    yield Case('a body of 64 MB', raw=whole_body(64 << 20), status=400, megabytes=140)
    yield Case('a body of 70 MB', raw=whole_body(70 << 20), status=413)
    yield Case('endless chunks', raw=endless_chunks, status=413, megabytes=180)
    yield Case('a header that forges a log line', raw=with_body(b'User-Agent: x\x01\x1b[2J', b'Content-Length: 5', b'Connection: close'), status=400)
    yield Case('an unknown expectation', raw=with_body(b'Expect: the unexpected', b'Content-Length: 3', b'Connection: close', body=b'[1]'), status=(400, 417))
    # The first answer is 400 too: its body is no JSON.
    yield Case('a bad request behind another', raw=lambda world: head(b'Content-Length: 1')(world) + b'x' + b'\0 / HTTP/1.1\r\n\r\n', status=400, lines=None)
