"""Four storage nodes on this machine, 127.0.0.1 to 127.0.0.4: rings, configuration, servers, rsync daemons, replicators."""
import getpass
import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.request

NODES = (1, 2, 3, 4)
DEVICES = ('sda', 'sdb')
KINDS = ('container', 'account')
PART_POWER = 6

SERVER_CONF = '''[DEFAULT]
devices = {node}/devices
mount_check = false
bind_ip = 127.0.0.{number}
bind_port = {port}
user = {user}
swift_dir = {root}
workers = 2
fallocate_reserve = 0
recon_cache_path = {node}/recon
log_address = {node}/no-syslog

[pipeline:main]
pipeline = healthcheck recon {kind}-server

[app:{kind}-server]
use = egg:swift#{kind}

[filter:healthcheck]
use = egg:swift#healthcheck

[filter:recon]
use = egg:swift#recon
recon_cache_path = {node}/recon

[{kind}-replicator]
interval = 10
concurrency = 8
databases_per_second = 0
per_diff = 20
rsync_module = rsync://{{replication_ip}}:{rsync_port}/{kind}
'''

RSYNCD_CONF = '''use chroot = no
uid = {uid}
gid = {gid}
pid file = {node}/rsyncd.pid
log file = {node}/rsyncd.log
lock file = {node}/rsyncd.lock
max connections = 0
[container]
path = {node}/devices
read only = false
[account]
path = {node}/devices
read only = false
'''


def address(number):
    return '127.0.0.%d' % number


def free_port():
    """One that nobody uses on any of the four addresses."""
    for port in random.sample(range(20000, 32000), 200):
        try:
            for number in NODES:
                with socket.socket() as probe:
                    probe.bind((address(number), port))
            return port
        except OSError:
            continue
    raise SystemExit('demo: no free port on 127.0.0.1 to 127.0.0.4')


def wait_for_port(number, port, process):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit('demo: %s ended with %d as it started' % (' '.join(process.args), process.returncode))
        with socket.socket() as probe:
            if probe.connect_ex((address(number), port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit('demo: %s does not listen' % ' '.join(process.args))


class Cluster:
    def __init__(self, binaries, root):
        self.binaries = binaries
        self.root = root
        self.ports = {kind: free_port() for kind in KINDS}
        self.rsync_port = free_port()
        self.processes = []
        # The ring's device ids, in the order in which they are added.
        self.devices = [(number, device) for number in NODES for device in DEVICES]
        self.primaries = {}
        self.handoffs = {}

    def node(self, number):
        return os.path.join(self.root, 'node%d' % number)

    def device(self, device_id):
        number, device = self.devices[device_id]
        return os.path.join(self.node(number), 'devices', device)

    def conf(self, number, kind):
        return os.path.join(self.node(number), kind + '-server.conf')

    def run(self, program, *arguments, **options):
        command = [os.path.join(self.binaries, program), *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        if done.returncode != 0:
            raise SystemExit('demo: %s ended with %d\n%s%s'
                             % (' '.join(command), done.returncode, done.stdout, done.stderr))
        return done.stdout

    def make(self):
        with open(os.path.join(self.root, 'swift.conf'), 'w') as conf:
            conf.write('[swift-hash]\nswift_hash_path_prefix = demo\nswift_hash_path_suffix = cluster\n')
        for number in NODES:
            for device in DEVICES:
                os.makedirs(os.path.join(self.node(number), 'devices', device))
            os.makedirs(os.path.join(self.node(number), 'recon'))
            with open(os.path.join(self.node(number), 'rsyncd.conf'), 'w') as conf:
                conf.write(RSYNCD_CONF.format(node=self.node(number), uid=os.getuid(), gid=os.getgid()))
            for kind in KINDS:
                with open(self.conf(number, kind), 'w') as conf:
                    conf.write(SERVER_CONF.format(kind=kind, root=self.root, number=number, node=self.node(number),
                                                  port=self.ports[kind], rsync_port=self.rsync_port,
                                                  user=getpass.getuser()))
        for kind in KINDS:
            self.make_ring(kind)

    def make_ring(self, kind):
        builder = os.path.join(self.root, kind + '.builder')
        self.run('ring-builder', builder, 'create', str(PART_POWER), '3', '1')
        devices = []
        for number, device in self.devices:
            devices += ['r1z%d-%s:%d/%s' % (number, address(number), self.ports[kind], device), '100']
        self.run('ring-builder', builder, 'add', *devices)
        self.run('ring-builder', builder, 'rebalance', '--seed', 'demo')
        lines = self.run('get-nodes', '--swift-dir', self.root, self.ring(kind), '--dump').splitlines()
        rows = [json.loads(line) for line in lines]
        self.primaries[kind] = {row['partition']: row['primaries'] for row in rows}
        self.handoffs[kind] = {row['partition']: row['handoffs'] for row in rows}

    def ring(self, kind):
        return os.path.join(self.root, kind + '.ring.gz')

    def start(self, command):
        """In a session of its own, so that it outlives a ^C here as long as the demo wants it to."""
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, start_new_session=True)
        self.processes.append(process)
        return process

    def start_servers(self):
        waits = []
        for number in NODES:
            waits.append((number, self.rsync_port, self.start(
                ['rsync', '--daemon', '--no-detach', '--address', address(number), '--port', str(self.rsync_port),
                 '--config', os.path.join(self.node(number), 'rsyncd.conf')])))
            for kind in KINDS:
                waits.append((number, self.ports[kind], self.start(
                    [os.path.join(self.binaries, kind + '-replication-server'), self.conf(number, kind)])))
        for wait in waits:
            wait_for_port(*wait)

    def start_replicators(self):
        for number in NODES:
            for kind in KINDS:
                self.start([os.path.join(self.binaries, kind + '-replicator'), self.conf(number, kind)])

    def replicate_once(self):
        """One pass of every node's replicators, all at the same time, as from cron; their log lines by program."""
        running = []
        for number in NODES:
            for kind in KINDS:
                log = open(os.path.join(self.node(number), kind + '-replicator.log'), 'a')
                command = [os.path.join(self.binaries, kind + '-replicator'), self.conf(number, kind), '--once',
                           '--verbose']
                running.append((command, log, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                                               stderr=log)))
        for command, log, process in running:
            code = process.wait()
            log.close()
            if code != 0:
                raise SystemExit('demo: %s ended with %d; its log is %s' % (' '.join(command), code, log.name))

    def recon(self, number, kind):
        url = 'http://%s:%d/recon/replication/%s' % (address(number), self.ports[kind], kind)
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)

    def stop(self):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 15
        for process in self.processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
