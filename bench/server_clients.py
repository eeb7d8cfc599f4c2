"""Asking replication servers as replicators do, and what that costs them; for bench/server.py."""
import json
import os
import socket


def request(target, operation):
    """The bytes of a REPLICATE request as Swift's replicators send it."""
    body = json.dumps(operation).encode()
    head = (f'REPLICATE {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: identity\r\n'
            f'Content-Length: {len(body)}\r\nContent-Type: application/json\r\n\r\n')
    return head.encode() + body


class Connection:
    """Kept alive; one request at a time, but sending and reading are two calls so that many connections can wait at once."""

    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        """(status, body)"""
        data = b''
        while (end := data.find(b'\r\n\r\n')) < 0:
            data += self.receive()
        head = data[:end].lower()
        length = int(head.split(b'content-length:')[1].split(b'\r\n')[0])
        while len(data) < end + 4 + length:
            data += self.receive()
        return int(head[9:12]), data[end + 4:]

    def receive(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise SystemExit('the server closed the connection')
        return piece

    def ask(self, data, expected):
        self.send(data)
        status, body = self.answer()
        if status != expected:
            raise SystemExit(f'answered {status}: {body[:300]}')
        return body

    def close(self):
        self.socket.close()


def ask_all(connections, requests, expected):
    """Every request once; as many at a time as there are connections."""
    for first in range(0, len(requests), len(connections)):
        batch = list(zip(connections, requests[first:first + len(connections)]))
        for connection, data in batch:
            connection.send(data)
        for connection, _ in batch:
            status, body = connection.answer()
            if status != expected:
                raise SystemExit(f'answered {status}: {body[:300]}')


def family(pid):
    """The process and its children."""
    pids = [pid]
    for thread in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{thread}/children', encoding='ascii') as children:
            for child in children.read().split():
                pids += family(int(child))
    return pids


def cpu_seconds(pid):
    """What the process and its children have used, to the nanosecond."""
    used = 0
    for member in family(pid):
        for thread in os.listdir(f'/proc/{member}/task'):
            with open(f'/proc/{member}/task/{thread}/schedstat', encoding='ascii') as schedstat:
                used += int(schedstat.read().split()[0])
    return used / 1e9


def memory_mb(pid):
    """(resident now, resident at most, proportional share now) of the process and its children, in MB."""
    now, most, share = 0, 0, 0
    for member in family(pid):
        with open(f'/proc/{member}/status', encoding='ascii', errors='replace') as status:
            lines = dict(line.split(':', 1) for line in status)
        now += int(lines['VmRSS'].split()[0])
        most += int(lines['VmHWM'].split()[0])
        with open(f'/proc/{member}/smaps_rollup', encoding='ascii') as rollup:
            share += next(int(line.split()[1]) for line in rollup if line.startswith('Pss:'))
    return now / 1024, most / 1024, share / 1024
