"""Clients that keep many connections to a replication server busy, check every answer and remember what was acknowledged."""
import asyncio
import json

HEAD = '{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\nContent-Type: application/json\r\n{more}\r\n'


def encode(method, target, body=b'', more=''):
    return HEAD.format(method=method, target=target, length=len(body), more=more).encode() + body


def replicate(target, *operation):
    return encode('REPLICATE', target, json.dumps(operation).encode())


class Request:
    """What is sent, which status must come back, and what to do with the answer's body (None: nothing)."""

    __slots__ = ('data', 'status', 'on_body', 'closes')

    def __init__(self, data, status, on_body=None, closes=False):
        self.data, self.status, self.on_body, self.closes = data, status, on_body, closes


class Peer(asyncio.Protocol):
    """One connection: sends the next request as soon as the last one is answered."""

    def __init__(self, load):
        self.load, self.buffer, self.request, self.transport = load, bytearray(), None, None

    def connection_made(self, transport):
        self.transport = transport
        self.send_next()

    def send_next(self):
        self.request = self.load.next_request()
        if self.request is None:
            self.transport.close()
        else:
            self.transport.write(self.request.data)

    def data_received(self, data):
        self.buffer += data
        end = self.buffer.find(b'\r\n\r\n')
        if end < 0:
            return
        head = self.buffer[:end].lower()
        length = int(head.split(b'content-length:')[1].split(b'\r\n')[0])
        if len(self.buffer) < end + 4 + length:
            return
        body, status = bytes(self.buffer[end + 4:]), int(head[9:12])
        self.buffer.clear()
        request, self.request = self.request, None
        self.load.answered(request, status, body)
        if request.closes:
            self.transport.close()
        else:
            self.send_next()

    def connection_lost(self, error):
        if self.request is not None:
            self.load.error(f'connection lost ({error}) while waiting for the answer to {self.request.data[:200]}')
        self.load.closed(self)


class Load:
    """`make_request()` makes the next request; `errors` has what a patient client would have seen."""

    def __init__(self, port, connections, make_request):
        self.port, self.connections, self.make_request = port, connections, make_request
        self.errors, self.answers, self.left = [], 0, 0

    def next_request(self):
        if self.left <= 0 or len(self.errors) > 20:
            return None
        self.left -= 1
        return self.make_request()

    def answered(self, request, status, body):
        self.answers += 1
        if status != request.status:
            self.error(f'{status}, not {request.status}, to {request.data[:300]}: {body[:300]}')
        elif request.on_body:
            request.on_body(body)

    def error(self, text):
        self.errors.append(text)

    def closed(self, _):
        if self.left > 0 and len(self.errors) <= 20:
            asyncio.get_running_loop().create_task(self.open())
        else:
            self.open_connections -= 1
            if self.open_connections == 0:
                self.done.set_result(None)

    async def open(self):
        try:
            await asyncio.get_running_loop().create_connection(lambda: Peer(self), '127.0.0.1', self.port)
        except OSError as error:
            self.error(f'connect: {error}')
            self.closed(None)

    async def run(self, requests, seconds):
        """So many requests over all connections. Ends the connections after them."""
        self.left, self.open_connections = requests, self.connections
        self.done = asyncio.get_running_loop().create_future()
        for _ in range(self.connections):
            await self.open()
        try:
            await asyncio.wait_for(self.done, seconds)
        except asyncio.TimeoutError:
            self.error(f'{self.open_connections} connections still wait after {seconds} s')
