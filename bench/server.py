#!/usr/bin/env python3
"""Replication servers: answering sync and merge_items"""
import os
import shutil
import subprocess
import sys
import time

import measure
from broker import Folder, make_row
from interop import swift_env
from interop.server.node import Cluster, free_port
from server_clients import Connection, ask_all, cpu_seconds, memory_mb, request
from swift.common.utils import Timestamp
from swift.container.backend import ContainerBroker

ROUNDS = int(os.environ.get('DBREPL_BENCH_ROUNDS') or 5)
DATABASES = 500
SYNCS = 1000
BIG, ADDED = 900000, 50000
SMALL_FILES, SMALL_ROWS = 20, 1000
CONNECTIONS = 16
PEER = '11111111-2222-3333-4444-555555555555-sdb'


def say(text):
    print(text, file=sys.stderr, flush=True)


def hash_name(number):
    return '%032x' % (number * 0x9e3779b97f4a7c15f39cc0605cedc835 % 2 ** 128)


class Server:
    """One of the two, with a devices folder of its own."""

    def __init__(self, cluster, name):
        self.port = free_port()
        self.device = f'{cluster.root}/{name}/sda'
        conf = cluster.write_conf(f'{name}-server.conf', 'container', self.port, devices=name, default='client_timeout = 3600')  # idle between its turns
        os.makedirs(f'{self.device}/tmp')
        start = cluster.start_ours if name == 'ours' else cluster.start_swift
        self.pid = start('container', conf, self.port).pid
        self.idle = memory_mb(self.pid)
        self.connections = [Connection(self.port) for _ in range(CONNECTIONS)]

    def path(self, number):
        name = hash_name(number)
        return f'{self.device}/containers/1/{name[-3:]}/{name}/{name}.db'

    @staticmethod
    def target(number):
        return f'/sda/1/{hash_name(number)}'

    def measured(self, work):
        """Microseconds of CPU and of wall time that the work took this server and everybody."""
        cpu, wall = cpu_seconds(self.pid), time.perf_counter()
        work()
        wall = time.perf_counter() - wall
        return [(cpu_seconds(self.pid) - cpu) * 1e6, wall * 1e6]

    def sync_request(self, number):
        """What a peer sends whose database is the same."""
        broker = ContainerBroker(self.path(number), account='a', container=str(number))
        info = broker.get_replication_info()
        return request(self.target(number), ['sync', info['max_row'], info['hash'], PEER, info['created_at'], info['put_timestamp'],
                                             info['delete_timestamp'], info['metadata']])


def make_databases(server):
    """Containers with a hundred rows, metadata and sync points of two peers."""
    first = server.path(0)
    os.makedirs(os.path.dirname(first))
    broker = ContainerBroker(first, account='a', container='c')
    broker.initialize(Timestamp(1700000000).internal, 0)
    broker.update_metadata({'X-Container-Meta-Quota-Bytes': ('1000000', Timestamp(1700000001).internal)})
    for peer in (PEER, '0' + PEER[1:]):
        broker.merge_items([make_row(number) for number in range(100)], peer)
    for number in range(1, DATABASES):
        os.makedirs(os.path.dirname(server.path(number)))
        shutil.copy(first, server.path(number))


def sync_contenders(servers, how):
    """`how`: connection count and numbers of the databases asked for in turn."""
    connections, numbers = how

    def contender(server):
        requests = [server.sync_request(number) for number in numbers]
        requests *= SYNCS // len(requests)

        def run():
            cpu, wall = server.measured(lambda: ask_all(server.connections[:connections], requests, 200))
            return [cpu / len(requests), wall / len(requests)]
        return run
    return {name: contender(server) for name, server in servers.items()}


def merge_requests(number, first, count, batch):
    return [request(Server.target(number), ['merge_items', [make_row(row) for row in range(start, start + batch)], PEER])
            for start in range(first, first + count, batch)]


def fresh(server, number, template):
    directory = os.path.dirname(server.path(number))
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    shutil.copy(template, server.path(number))


def merge_contenders(servers, folder, template, first, count, batch, files):
    """CPU and wall microseconds a row; `broker` is ours without a server."""
    numbers = range(10000, 10000 + files)
    requests = {number: merge_requests(number, first, count, batch) for number in numbers}
    rows = count * files

    def through(server):
        for number in numbers:
            for data in requests[number]:
                server.connections[0].ask(data, 202)

    def contender(server):
        def run():
            for number in numbers:
                fresh(server, number, folder.templates[template])
            return [used / rows for used in server.measured(lambda: through(server))]
        return run

    def broker():
        used = 0
        for _ in range(files):
            command = [measure.program('broker_bench'), 'merge', folder.fresh(template), first, count, batch, 'json']
            used += float(subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE).stdout)
        return [used / rows * 1e6]
    return {**{name: contender(server) for name, server in servers.items()}, 'broker': broker}


def floor_microseconds(folder):
    command = [measure.program('broker_floor'), 'open', folder.templates['small'], '1000']
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout) * 1e3


def sync_table(servers, folder):
    cases = {f'{DATABASES} databases in turn, {CONNECTIONS} connections': (CONNECTIONS, range(DATABASES)),
             f'{DATABASES} databases in turn, 1 connection': (1, range(DATABASES)),
             'one database, 1 connection': (1, [0])}
    rows = []
    for what, how in cases.items():
        say(f'  sync: {what}')
        found = measure.alternate(sync_contenders(servers, how), ROUNDS)
        (swift_cpu, swift_wall), (our_cpu, our_wall) = found['swift'], found['ours']
        rows.append([what, f'{swift_cpu:.0f}', f'{our_cpu:.0f}', f'{swift_cpu / our_cpu:.0f}', '10',
                     f'{swift_wall:.0f}', f'{our_wall:.0f}'])
    floor = measure.alternate({'C': lambda: [floor_microseconds(folder)]}, ROUNDS)['C'][0]
    return measure.table(['sync of an unchanged database', 'Swift, CPU µs', 'ours, CPU µs', 'times less', 'target',
                          'Swift, wall µs', 'ours, wall µs'], rows) + \
        f'\n\nOpening a database and reading the same in plain C (`bench/broker_floor.c`): {floor:.0f} µs.\n'


def merge_table(servers, folder):
    cases = {'into an empty container, batches of 1,000': ('small', 0, SMALL_ROWS, 1000, SMALL_FILES),
             'into an empty container, batches of 500': ('small', 0, SMALL_ROWS, 500, SMALL_FILES),
             'into 900,000 rows, batches of 1,000': ('big', BIG, ADDED, 1000, 1),
             'into 900,000 rows, batches of 500': ('big', BIG, ADDED, 500, 1)}
    rows = []
    for what, how in cases.items():
        say(f'  merge_items: {what}')
        found = measure.alternate(merge_contenders(servers, folder, *how), ROUNDS)
        (swift_cpu, swift_wall), (our_cpu, our_wall), (broker_cpu,) = found['swift'], found['ours'], found['broker']
        rows.append([what, f'{swift_cpu:.1f}', f'{our_cpu:.1f}', f'{broker_cpu:.1f}', f'{our_cpu - broker_cpu:.1f}', '3',
                     f'{swift_wall:.1f}', f'{our_wall:.1f}'])
    return measure.table(['merge_items, µs a row', 'Swift, CPU', 'ours, CPU', 'our broker alone', 'more', 'target',
                          'Swift, wall', 'ours, wall'], rows)


def memory_table(servers):
    """After all of the above, with 500 connections that ask at once for syncs, and 32 merges of 1,000 rows."""
    rows = {}
    for name, server in servers.items():
        say(f'  memory: {name}')
        connections = [Connection(server.port) for _ in range(500)]
        syncs = [server.sync_request(number) for number in range(DATABASES)]
        ask_all(connections, syncs * 2, 200)
        merges = [data for number in range(32) for data in merge_requests(number, 1000, 1000, 1000)]
        ask_all(connections, merges, 202)
        rows[name] = [*server.idle, *memory_mb(server.pid)]
        for connection in connections:
            connection.close()
    return measure.table(
        ['all processes of a server, MB', 'Swift', 'ours', 'target'],
        [[what, *(f'{rows[name][column]:.0f}' for name in ('swift', 'ours')), target] for what, column, target in
         (('idle, resident', 0, '30'), ('idle, proportional', 2, ''), ('under load, resident, at most', 4, '64'),
          ('under load, proportional', 5, ''))])


def main():
    folder = Folder()
    with Cluster() as cluster:
        servers = {name: Server(cluster, name) for name in ('swift', 'ours')}
        for server in servers.values():
            make_databases(server)
        print(f'Both servers with one worker, the same client, medians of {ROUNDS} alternating runs, Swift '
              f'{swift_env.SWIFT_VERSION}. CPU is that of all processes of\nthe server.\n')
        print(sync_table(servers, folder))
        print(merge_table(servers, folder))
        print()
        print(memory_table(servers))
    shutil.rmtree(folder.root)


if __name__ == '__main__':
    main()
