"""What bench/replicator.py measures in: four nodes with Swift's container servers (or ours), and databases in a known state."""
import contextlib
import getpass
import glob
import hashlib
import json
import os
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import time

import measure

PART_POWER = 8
NODES = (0, 1, 2, 3)

CONF = '''[DEFAULT]
devices = {node}/devices
mount_check = false
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {root}/{rings}
workers = {workers}
fallocate_reserve = 0
log_address = {node}/no-syslog
recon_cache_path = {node}/recon

[pipeline:main]
pipeline = container-server

[app:container-server]
use = egg:swift#container

[container-replicator]
interval = 3600
concurrency = {concurrency}
databases_per_second = 0
per_diff = {per_diff}
rsync_module = rsync://127.0.0.1:{rsync_port}/{{replication_port}}
'''

# Swift reads swift.conf from a fixed place, and its prefixes when it is imported, unless this is said first.
SWIFT_PROGRAM = '''import sys
from swift.common import utils
utils.SWIFT_CONF_FILE = sys.argv[1]
utils.HASH_PATH_PREFIX = utils.HASH_PATH_SUFFIX = b''
'''
SWIFT_SERVER = SWIFT_PROGRAM + '''from swift.common.wsgi import run_wsgi
sys.exit(run_wsgi(sys.argv[2], 'container-server'))
'''
SWIFT_REPLICATOR = SWIFT_PROGRAM + '''from swift.container.replicator import ContainerReplicator
from swift.common.daemon import run_daemon
run_daemon(ContainerReplicator, sys.argv[2], once=True)
'''


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def stamp(seconds):
    return '%016.05f' % seconds


class World:
    def __init__(self, root):
        self.root = root
        self.ports = [free_port() for _ in NODES]
        self.proxy_ports = [free_port() for _ in NODES]
        self.rsync_port = free_port()
        self.processes = []
        self.saves = self.clears = 0
        self.now = time.time()
        for path in [self.node(number) + folder for number in NODES for folder in ('/devices/sda', '/recon', '/aside')]:
            os.makedirs(path)
        for rings in ('rings', 'slow-rings'):
            os.mkdir(os.path.join(root, rings))
            with open(os.path.join(root, rings, 'swift.conf'), 'w') as conf:
                conf.write('[swift-hash]\nswift_hash_path_prefix = bench\nswift_hash_path_suffix = bench\n')
        self.swift_conf = os.path.join(root, 'rings', 'swift.conf')
        self.make_ring('rings', self.ports)
        # The measured node must find itself, so its own port stays.
        self.make_ring('slow-rings', self.ports[:1] + self.proxy_ports[1:])
        rows = self.run('get-nodes', '--swift-dir', root + '/rings', root + '/rings/container.ring.gz', '--dump')
        self.primaries = [json.loads(line)['primaries'] for line in rows.splitlines()]

    def node(self, number):
        return os.path.join(self.root, 'node%d' % number)

    def device(self, number):
        return os.path.join(self.node(number), 'devices', 'sda')

    def run(self, program, *arguments, **options):
        return subprocess.run([measure.program(program), *arguments], check=True, stdout=subprocess.PIPE, text=True,
                              **options).stdout

    def make_ring(self, folder, ports):
        builder = os.path.join(self.root, folder, 'container.builder')
        self.run('ring-builder', builder, 'create', str(PART_POWER), '3', '1')
        devices = []
        for number in NODES:
            devices += ['r1z%d-127.0.0.1:%dR127.0.0.1:%d/sda' % (number, self.ports[number], ports[number]), '100']
        self.run('ring-builder', builder, 'add', *devices)
        self.run('ring-builder', builder, 'rebalance', '--seed', 'bench')

    def conf(self, number, rings='rings', concurrency=8, per_diff=1000, workers=0):
        path = os.path.join(self.node(number), '%s-%d-%d.conf' % (rings, concurrency, per_diff))
        with open(path, 'w') as conf:
            conf.write(CONF.format(node=self.node(number), root=self.root, rings=rings, port=self.ports[number],
                                   user=getpass.getuser(), concurrency=concurrency, per_diff=per_diff,
                                   rsync_port=self.rsync_port, workers=workers))
        return path

    def start(self, command, port):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        self.processes.append(process)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', port)) == 0:
                    return process
            time.sleep(0.05)
        sys.exit('%s does not listen' % command)

    def start_servers(self, whose):
        for number in NODES[1:]:
            self.start_server(whose, number)

    def start_server(self, whose, number):
        if whose == 'Swift':
            command = [sys.executable, '-c', SWIFT_SERVER, self.swift_conf, self.conf(number)]
        else:
            command = [measure.program('container-replication-server'), self.conf(number, workers=2)]
        self.start(command, self.ports[number])

    def start_rsync(self):
        path = os.path.join(self.root, 'rsyncd.conf')
        with open(path, 'w') as conf:
            conf.write('use chroot = no\nuid = %d\ngid = %d\n' % (os.getuid(), os.getgid()))
            for number in NODES:
                conf.write('[%d]\npath = %s/devices\nread only = false\n' % (self.ports[number], self.node(number)))
        self.start(['rsync', '--daemon', '--no-detach', '--address=127.0.0.1', '--port=%d' % self.rsync_port,
                    '--config=' + path], self.rsync_port)

    def start_proxy(self, delay_seconds):
        here = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'delay_proxy.py')
        pairs = ['%d:%d' % (self.proxy_ports[number], self.ports[number]) for number in NODES[1:]]
        return self.start([sys.executable, here, str(delay_seconds), *pairs], self.proxy_ports[NODES[-1]])

    def end(self, processes=None):
        for process in processes or self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        self.processes = [process for process in self.processes if process.poll() is None]

    def names(self, count, on_measured_node):
        """Containers that the measured node is a primary for, or not, with hash, partition and primaries."""
        found, number = [], 0
        while len(found) < count:
            name = 'c%06d' % number
            number += 1
            digest = hashlib.md5(('bench/AUTH_bench/%sbench' % name).encode()).digest()
            partition = struct.unpack('>I', digest[:4])[0] >> (32 - PART_POWER)
            if (NODES[0] in self.primaries[partition]) == on_measured_node:
                found.append((name, digest.hex(), partition, self.primaries[partition]))
        return found

    def rows(self, first, count):
        return [{'name': 'object-%06d' % i, 'created_at': stamp(self.now - 90000 + i), 'size': 1000,
                 'content_type': 'text/plain', 'etag': '0' * 32, 'deleted': 0, 'storage_policy_index': 0}
                for i in range(first, first + count)]

    def make_databases(self, plans):
        """plans: (name, hash, partition, node number, rows)."""
        lines = [json.dumps({'kind': 'container', 'account': 'AUTH_bench', 'container': name,
                             'put_timestamp': stamp(self.now - 100000), 'rows': rows,
                             'path': '%s/containers/%d/%s/%s/%s.db' % (self.device(number), partition, hash_[-3:], hash_,
                                                                       hash_)})
                 for name, hash_, partition, number, rows in plans]
        self.run('demo_databases', input='\n'.join(lines) + '\n')

    def save(self):
        self.saves += 1
        for number in NODES:
            subprocess.run(['cp', '-a', '--reflink=never', self.device(number), self.aside(number, 'saved', self.saves)], check=True)

    def restore(self):
        self.clear()
        for number in NODES:
            subprocess.run(['cp', '-aT', '--reflink=never', self.aside(number, 'saved', self.saves), self.device(number)], check=True)
        os.sync()  # or the first to sync a file pays for our copying

    def clear(self):
        """Puts the databases aside; they go with `root`. Removed now, they would be paid for by whoever is measured next: where
        ext4 has no journal, a new file looks at every inode that was freed in the last minutes."""
        self.clears += 1
        for number in NODES:
            os.rename(self.device(number), self.aside(number, 'used', self.clears))
            os.mkdir(self.device(number))

    def aside(self, number, what, turn):
        return os.path.join(self.node(number), 'aside', '%s-%d' % (what, turn))

    def replicate(self, whose, number=NODES[0], **conf):
        """One pass of the measured node or another, as measure.run_process tells of it."""
        path = self.conf(number, **conf)
        if whose == 'Swift':
            return measure.run_process([sys.executable, '-c', SWIFT_REPLICATOR, self.swift_conf, path])
        return measure.run_process([measure.program('container-replicator'), path, '--once'])

    def differ(self):
        """How many databases have replicas that do not agree."""
        hashes = {}
        for path in glob.glob(self.root + '/node*/devices/sda/containers/*/*/*/*.db'):
            with contextlib.closing(sqlite3.connect('file:%s?mode=ro' % path, uri=True)) as connection:
                hashes.setdefault(os.path.basename(path), set()).add(
                    connection.execute('SELECT hash FROM container_stat').fetchone())
        return sum(len(found) != 1 for found in hashes.values())

    def stats(self):
        with open(self.node(NODES[0]) + '/recon/container.recon') as cache:
            return json.load(cache)['replication_stats']
