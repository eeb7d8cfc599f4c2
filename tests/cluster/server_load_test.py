"""500 connections with mixed requests, beside peers that stall: no client sees an error, all that was acknowledged is there,
memory stays flat and nothing is leaked.

Environment: DBREPL_SEED; DBREPL_LOAD_REQUESTS (default 50,000; under a sanitizer 5,000).
"""
import asyncio
import contextlib
import json
import os
import random
import socket
import sqlite3
import sys
import tempfile
import time

from cluster.load_client import Load, Request, encode, replicate
from interop import swift_env
from interop.server.node import Cluster, children_of, free_port, wait_until
from swift.common.utils import Timestamp
from swift.container.backend import ContainerBroker

SANITIZED = bool(os.environ.get('DBREPL_SANITIZE'))
REQUESTS = int(os.environ.get('DBREPL_LOAD_REQUESTS') or (5000 if SANITIZED else 50000))
CONNECTIONS, STALLING, DATABASES = 500, 40, 300
FIRST_PART = REQUESTS // 5  # memory is compared with that after it
GROWTH_MB = 8
CONF = 'client_timeout = 300\nlog_level = INFO'  # nobody is turned out for being slow: what goes, goes by itself


class World:
    """Databases, random requests for them, and what was acknowledged."""

    def __init__(self, root, seed):
        self.device = f'{root}/devices/sda'
        self.random = random.Random(seed)
        self.rows = {number: set() for number in range(DATABASES)}
        self.points = {number: {} for number in range(DATABASES)}
        self.made = 0
        self.kinds = [(12, self.sync), (3, self.sync_unknown), (8, self.merge_items), (4, self.merge_syncs), (1, self.options),
                      (1, self.healthcheck), (1, self.recon), (1, self.complete_rsync), (1, self.rsync_then_merge),
                      (1, self.shard_ranges), (1, self.nonsense), (1, self.no_device)]
        self.weights = [weight for weight, _ in self.kinds]

    def name(self, number):
        return '%032x' % ((number + 1) * 0x9e3779b97f4a7c15f39cc0605cedc835 % 2 ** 128)

    def path(self, number):
        name = self.name(number)
        return f'{self.device}/containers/1/{name[-3:]}/{name}/{name}.db'

    def target(self, number):
        return f'/sda/1/{self.name(number)}'

    def make_databases(self):
        for number in range(DATABASES):
            os.makedirs(os.path.dirname(self.path(number)))
            ContainerBroker(self.path(number), account='a', container=str(number)).initialize(Timestamp(1700000000).internal, 0)

    def request(self):
        self.made += 1
        _, make = self.random.choices(self.kinds, self.weights)[0]
        made = make(self.random.randrange(DATABASES))
        if self.random.random() < 0.01:  # a client that opens a new connection for its next request
            made.data = made.data.replace(b'\r\n\r\n', b'\r\nConnection: close\r\n\r\n', 1)
            made.closes = True
        return made

    def sync(self, number):
        def check(body):
            answer = json.loads(body)
            assert answer['container'] == str(number) and 'point' in answer, body
        return Request(replicate(self.target(number), 'sync', -1, '0' * 32, 'peer%d' % self.random.randrange(3), '1700000000.00000',
                                 '1700000000.00000', '0', ''), 200, check)

    def sync_unknown(self, number):
        return Request(replicate(self.target(DATABASES + number), 'sync', 1, '0' * 32, 'peer', '1', '1', '0', ''), 404)

    def merge_items(self, number):
        names = [f'r{self.made}-{index}' for index in range(self.random.choice([1, 3, 20]))]
        rows = [{'name': name, 'created_at': '1700000001.00000', 'size': 1, 'content_type': 'a/b', 'etag': 'e', 'deleted': 0,
                 'storage_policy_index': 0, 'ROWID': index + 1} for index, name in enumerate(names)]
        return Request(replicate(self.target(number), 'merge_items', rows, 'peer'), 202, lambda _: self.rows[number].update(names))

    def merge_syncs(self, number):
        remote, point = 'remote%d' % self.random.randrange(5), self.random.randrange(10 ** 6)

        def remember(_):
            self.points[number][remote] = max(point, self.points[number].get(remote, -1))
        return Request(replicate(self.target(number), 'merge_syncs', [{'remote_id': remote, 'sync_point': point}]), 202, remember)

    def options(self, _):
        return Request(encode('OPTIONS', '/sda/1/x'), 200)

    def healthcheck(self, _):
        return Request(encode('GET', '/healthcheck'), 200)

    def recon(self, _):
        return Request(encode('GET', '/recon/' + self.random.choice(['time', 'version', 'mem', 'load', 'sockstat', 'unmounted'])), 200)

    def complete_rsync(self, number):
        return Request(replicate(self.target(number), 'complete_rsync', 'never-sent'), 404)

    def rsync_then_merge(self, number):
        return Request(replicate(self.target(number), 'rsync_then_merge', 'never-sent'), 404)

    def shard_ranges(self, number):
        return Request(replicate(self.target(number), 'get_shard_ranges'), 200)

    def nonsense(self, number):
        body = self.random.choice([b'[', b'[]', b'"sync"', b'["frobnicate"]', b'["merge_items", 7, "x"]'])
        return Request(encode('REPLICATE', self.target(number), body), 400)

    def no_device(self, number):
        return Request(replicate(self.target(number).replace('sda', 'sdz'), 'sync', 1), 507)

    def check(self):
        """Everything acknowledged is in sound files."""
        for number in range(DATABASES):
            with contextlib.closing(sqlite3.connect(self.path(number))) as connection:
                assert connection.execute('PRAGMA quick_check').fetchone()[0] == 'ok', self.path(number)
                names = {row[0] for row in connection.execute('SELECT name FROM object')}
                points = dict(connection.execute('SELECT remote_id, sync_point FROM incoming_sync'))
            lost = self.rows[number] - names
            assert not lost, f'{len(lost)} acknowledged rows are not in {self.path(number)}, such as {sorted(lost)[:3]}'
            for remote, point in self.points[number].items():
                assert points.get(remote, -1) >= point, f'{remote} is at {points.get(remote)}, not {point}, in {self.path(number)}'


def stall(world, port):
    """Connections that say nothing, stop in the middle of a head or a body, or never read the answers to many requests."""
    stalled = []
    for number in range(STALLING):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(('127.0.0.1', port))
        whole = world.sync(number).data
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            client.sendall((b'', whole[:40], whole[:-10], whole * 3000)[number % 4])
        stalled.append(client)
    return stalled


def descriptors(pid):
    found = []
    for number in os.listdir(f'/proc/{pid}/fd'):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found.append(os.readlink(f'/proc/{pid}/fd/{number}'))
    return sorted(found)


def resident_mb(pids):
    total = 0
    for pid in pids:
        with open(f'/proc/{pid}/status', encoding='ascii', errors='replace') as status:
            total += next(int(line.split()[1]) for line in status if line.startswith('VmRSS:'))
    return total / 1024


def main():
    seed = swift_env.seed()
    if os.access('/dev/shm', os.W_OK):
        tempfile.tempdir = '/dev/shm'  # what a disk makes of all the fsyncs is not asked here
    with Cluster() as cluster:
        port = free_port()
        conf = cluster.write_conf('server.conf', 'container', port, default=CONF, workers=2)
        world = World(cluster.root, seed)
        world.make_databases()
        process = cluster.start_ours('container', conf, port)
        asyncio.run(Load(port, 1, lambda: world.healthcheck(0)).run(1, 60))  # the port listens before there is a worker
        pids = [process.pid, *children_of(process.pid)]
        assert len(pids) == 2, f'a supervisor and its worker, not {pids}'
        at_first = descriptors(pids[-1])
        stalled = stall(world, port)
        load = Load(port, CONNECTIONS, world.request)
        began = time.monotonic()
        memory = [resident_mb(pids)]
        for requests in (FIRST_PART, REQUESTS - FIRST_PART):
            asyncio.run(load.run(requests, 600))
            memory.append(resident_mb(pids))
        seconds = time.monotonic() - began
        print(f'{load.answers} answers over {CONNECTIONS} connections in {seconds:.1f} s; resident at first, after {FIRST_PART} and '
              f'at the end: {", ".join("%.1f" % size for size in memory)} MB')
        if load.errors:
            sys.exit('clients saw errors:\n' + '\n'.join(load.errors[:10]))
        assert load.answers == REQUESTS, load.answers
        assert pids == [process.pid, *children_of(process.pid)], 'the worker was replaced'
        if not SANITIZED:
            assert memory[2] - memory[1] < GROWTH_MB, f'memory grows: {memory}'
        for client in stalled:
            client.close()
        wait_until(lambda: len(descriptors(pids[-1])) <= len(at_first),
                   f'as many descriptors as at first: {at_first}, {descriptors(pids[-1])}')
        process.terminate()
        process.wait(60)
        world.check()
        print(f'{sum(map(len, world.rows.values()))} acknowledged rows are there')


if __name__ == '__main__':
    main()
