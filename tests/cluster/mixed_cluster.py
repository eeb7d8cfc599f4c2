"""Four nodes with a copy of a world: on each a server and a replicator, Swift's or ours, on an address of its own."""
import collections
import glob
import grp
import json
import os
import random
import re
import shutil
import socket
import sys

from cluster.processes import Process
from cluster.world import MAX_DIFFS, NODES, PORTS, swift_conf
from interop import swift_env
from interop.server import node as server_node
from swift.account.replicator import AccountReplicator
from swift.common.daemon import run_daemon
from swift.common.wsgi import run_wsgi
from swift.container.replicator import ContainerReplicator

RSYNC_PORT = 8730
# Generous: on a machine that is busy with other work all takes twenty times as long.
START_SECONDS = 300
PASS_SECONDS = 400
RSYNCD = '''use chroot = no
port = {port}
address = {address}
log file = {root}/rsyncd.log
uid = {user}
gid = {group}
'''
MODULE = '''[sd{node}]
path = {root}/node{node}
read only = no
max connections = 50
lock file = {root}/sd{node}.lock
'''
# Stands before rsync in PATH: notes the arguments, and lets a hook of the test do something around one file.
RSYNC = '''#!/bin/sh
echo "$*" >> {root}/rsync.log
if [ -e {root}/rsync.hook ]; then exec /bin/sh {root}/rsync.hook "$@"; fi
exec {rsync} "$@"
'''

# Which nodes have our server, which our replicator; Swift's elsewhere.
Mix = collections.namedtuple('Mix', 'name servers replicators')


class Pass(collections.namedtuple('Pass', 'counters log rsyncs')):
    """What a pass left behind: the counters of recon, the log lines, the arguments of every rsync."""

    def merges_given_up(self):
        """How many merges of files Swift's replicator did not wait for to their end: it allows a second for 2000 rows, which for
        small databases is over now before and now after the server is done. The server goes on."""
        waited = [float(seconds) for line in self.log
                  for seconds in re.findall(r'ERROR reading HTTP response from .*: Timeout \(([\d.]+)s\)', line)]
        return sum(seconds < MixedCluster.node_timeout for seconds in waited)


ALL_SWIFT = Mix('all Swift', (), ())
ALL_OURS = Mix('all ours', NODES, NODES)
MIXES = (
    ALL_OURS,
    Mix('our replicators', (), NODES),
    Mix('our servers', NODES, ()),
    Mix('one node ours', (2,), (2,)),
    Mix('two nodes ours', (1, 3), (1, 3)),
    Mix('three nodes ours', (1, 2, 4), (1, 2, 4)),
    Mix('alternate roles', (1, 3), (2, 4)),
)
# Names of mixes that differ in who asks and who answers, where all would take too long.
SIDES = ('all ours', 'our replicators', 'our servers')
MIXED = SIDES + ('one node ours', 'alternate roles')
UNDER_SANITIZERS = (ALL_OURS, MIXES[6])


class LogSocket:
    """Where a node's daemons send their log lines; read between passes."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(('127.0.0.1', 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]

    def take(self):
        lines = []
        while True:
            try:
                lines.append(self.socket.recv(65536).rstrip(b'\0').decode('utf-8', 'replace'))
            except BlockingIOError:
                return lines


def claim_subnet():
    """127.x.y of which nobody else uses an address, and the socket that says so as long as it is open."""
    while True:
        subnet = f'127.{random.SystemRandom().randrange(1, 250)}.{random.SystemRandom().randrange(1, 250)}'
        claim = socket.socket()
        try:
            claim.bind((f'{subnet}.254', 6199))
            return subnet, claim
        except OSError:
            claim.close()


class MixedCluster(server_node.Cluster):
    """Use as a context manager. `options` are lines for the replicators' sections."""

    node_timeout = 60

    def __init__(self, world, mix, options='', server_ports=None):
        super().__init__()
        self.world, self.kind, self.mix = world, world.kind, mix
        self.subnet, claim = claim_subnet()
        self.processes.callback(claim.close)
        self.addresses = {node: f'{self.subnet}.{node}' for node in NODES}
        self.port = PORTS[self.kind]
        self.server_ports = server_ports or {}
        self.write('swift.conf', swift_conf(world.policies))
        world.write_ring(self.root, self.addresses)
        self.logs = {node: LogSocket() for node in NODES}
        for log in self.logs.values():
            self.processes.callback(log.socket.close)
        self.servers, self.confs = {}, {}
        for node in NODES:
            shutil.copytree(f'{world.root}/node{node}', f'{self.root}/node{node}', symlinks=True)
            os.makedirs(f'{self.root}/node{node}.cache')
            self.confs[node] = self.write_node_conf(f'{node}.conf', node, self.port, options)
        os.makedirs(f'{self.root}/bin')
        self.write('bin/rsync', RSYNC.format(root=self.root, rsync=shutil.which('rsync')))
        os.chmod(f'{self.root}/bin/rsync', 0o755)
        self.path = f'{self.root}/bin:{os.environ["PATH"]}'

    def write_node_conf(self, name, node, port, options=''):
        return self.write_conf(
            name, self.kind, port, devices=f'node{node}', ip=self.addresses[node], mount_check='true', workers=0,
            log=f'log_udp_host = 127.0.0.1\nlog_udp_port = {self.logs[node].port}',
            replicator=f'per_diff = {self.world.per_diff}\nmax_diffs = {MAX_DIFFS}\ndatabases_per_second = 0\n'
                       f'node_timeout = {self.node_timeout}\n'
                       f'rsync_module = rsync://{self.subnet}.9:{RSYNC_PORT}/{{device}}\n{options}')

    def start_all(self, but=()):
        """rsyncd, and the servers of all nodes but those."""
        self.start_rsyncd()
        up = [node for node in NODES if node not in but]
        for node in up:
            self.start_server(node, wait=False)
        for node in up:
            self.await_server(node)
        self.await_port(self.rsyncd, f'{self.subnet}.9', RSYNC_PORT)
        return self

    def start_rsyncd(self):
        text = RSYNCD.format(port=RSYNC_PORT, address=f'{self.subnet}.9', root=self.root, user=server_node.own_user(),
                             group=grp.getgrgid(os.getegid()).gr_name)
        text += ''.join(MODULE.format(node=node, root=self.root) for node in NODES)
        conf = self.write('rsyncd.conf', text)
        self.rsyncd = self.run(['rsync', '--daemon', '--no-detach', f'--config={conf}'], 'rsyncd')

    def run(self, what, name):
        process = Process(what, f'{self.root}/{name}.output', self.path)
        self.processes.callback(process.kill)
        return process

    def start_server(self, node, wait=True):
        port = self.server_ports.get(node, self.port)
        conf = self.confs[node] if port == self.port else self.write_node_conf(f'server.{node}.conf', node, port)
        if node in self.mix.servers:
            what = [swift_env.program(f'{self.kind}-replication-server'), conf]
        else:
            def what():
                return run_wsgi(conf, f'{self.kind}-server')
        self.servers[node] = self.run(what, f'server.{node}')
        if wait:
            self.await_server(node)

    def await_server(self, node):
        self.await_port(self.servers[node], self.addresses[node], self.server_ports.get(node, self.port))

    @staticmethod
    def await_port(process, address, port):
        def answers():
            try:
                socket.create_connection((address, port), timeout=1).close()
                return True
            except OSError:
                return not process.runs()
        server_node.wait_until(answers, f'{address}:{port}', START_SECONDS)
        if not process.runs():
            sys.exit(f'{process.name} does not start: {process.printed()}')

    def replicator(self, node, *arguments):
        """The process of a pass that has just been started."""
        conf = self.confs[node]
        if node in self.mix.replicators:
            what = [swift_env.program(f'{self.kind}-replicator'), conf, 'once', *arguments]
        else:
            maker = ContainerReplicator if self.kind == 'container' else AccountReplicator

            def what():
                return run_daemon(maker, conf, once=True)
        return self.run(what, f'replicator.{node}')

    def replicate(self, node):
        """One pass of this node's replicator."""
        self.take_rsyncs()
        self.logs[node].take()
        self.replicator_done(node, self.replicator(node))
        done = self.result(node)
        if done.merges_given_up():
            server_node.wait_until(self.nothing_in_tmp, 'merges of files that nobody waits for', PASS_SECONDS)
        return done

    def nothing_in_tmp(self):
        return not any(os.listdir(folder) for node in NODES for folder in glob.glob(f'{self.root}/node{node}/sd*/tmp'))

    def replicator_done(self, node, process):
        code = process.wait(PASS_SECONDS)
        if code:
            sys.exit(f'{self.mix.name}: the replicator of node {node} ended with {code}: {process.printed()} '
                     f'{self.logs[node].take()}')

    def result(self, node):
        with open(f'{self.root}/node{node}.cache/{self.kind}.recon', encoding='utf-8') as cache:
            stats = json.load(cache)['replication_stats']
        stats.pop('start')
        nodes = {address: f'node{number}' for number, address in self.addresses.items()}
        stats['failure_nodes'] = {nodes[address]: devices for address, devices in stats.pop('failure_nodes', {}).items()}
        return Pass(stats, self.logs[node].take(), self.take_rsyncs())

    def take_rsyncs(self):
        """Arguments of every rsync since the last call, with this cluster's own names left out, and --ignore-times, which
        ours gives so that files of one size and second are sent."""
        try:
            with open(f'{self.root}/rsync.log', encoding='utf-8') as log:
                lines = log.read().splitlines()
            os.unlink(f'{self.root}/rsync.log')
        except FileNotFoundError:
            return []
        lines = [line.replace(self.root, 'ROOT').replace(self.subnet, 'NET').replace(' --ignore-times', '')
                 for line in lines]
        return sorted(re.sub(r'/tmp/\S+$', '/tmp/ID', line) for line in lines)
