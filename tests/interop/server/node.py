"""Small clusters for the replication servers: rings, configuration, our servers and Debian's, all in one folder and on
ports of their own.

Nothing of a cluster outlives the script that started it, not even when the script is killed: every process is killed by
the kernel at the end of the thread that started it (so start from the main thread), our workers end with their
supervisor, and Debian's servers are one process each. leaks_test.py sees to it."""
import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from interop import swift_env
from swift.common.ring import RingBuilder

CONF = '''[DEFAULT]
devices = {root}/{devices}
mount_check = {mount_check}
bind_ip = {ip}
bind_port = {port}
workers = {workers}
user = {user}
swift_dir = {root}
{log}
fallocate_reserve = 0
{default}
[pipeline:main]
pipeline = healthcheck recon {kind}-server

[app:{kind}-server]
use = egg:swift#{kind}
{app}
[filter:healthcheck]
use = egg:swift#healthcheck
disable_path = {root}/disabled

[filter:recon]
use = egg:swift#recon
recon_cache_path = {root}/cache

[{kind}-replicator]
recon_cache_path = {root}/{devices}.cache
{replicator}
'''

# Swift reads swift.conf from a fixed place, and the prefixes as soon as it is imported, unless this is said first.
OTHER_SWIFT_CONF = '''import sys
from swift.common import utils
utils.SWIFT_CONF_FILE = sys.argv[1]
utils.HASH_PATH_PREFIX = utils.HASH_PATH_SUFFIX = b''
'''
SWIFT_SERVER = OTHER_SWIFT_CONF + '''import ctypes, os, signal
die_with_parent = lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
os.register_at_fork(after_in_child=die_with_parent)
from swift.common.wsgi import run_wsgi
sys.exit(run_wsgi(sys.argv[2], sys.argv[3] + '-server'))
'''

RSYNCD = '''use chroot = no
port = {port}
address = 127.0.0.1
log file = {root}/rsyncd.log
uid = {user}
gid = {group}
'''
MODULE = '''[{name}]
path = {path}
read only = no
max connections = 50
lock file = {root}/{name}.lock
'''


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def answers(port):
    try:
        socket.create_connection(('127.0.0.1', port), timeout=1).close()
        return True
    except OSError:
        return False


def children_of(pid):
    """Process ids; empty when the process has gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as listed:
            return [int(word) for word in listed.read().split()]
    return []


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    sys.exit(f'still waiting after {seconds} s: {what}')


def own_user():
    return pwd.getpwuid(os.geteuid()).pw_name


class Cluster:
    """Use as a context manager: everything started through it is killed at the end. `root` is its folder."""

    def __init__(self, folder=None):
        self.root = tempfile.mkdtemp(prefix='dbrepl-server.', dir=folder)
        self.processes = contextlib.ExitStack()
        os.makedirs(f'{self.root}/cache')
        self.write('swift.conf', '[swift-hash]\nswift_hash_path_prefix = pre\nswift_hash_path_suffix = suf\n')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.processes.close()
        shutil.rmtree(self.root)

    def write(self, name, text):
        path = os.path.join(self.root, name)
        with open(path, 'w', encoding='utf-8') as out:
            out.write(text)
        return path

    def write_conf(self, name, kind, port, default='', app='', replicator='', devices='devices', workers=1, user=None,
                   ip='127.0.0.1', mount_check='false', log=None):
        os.makedirs(f'{self.root}/{devices}', exist_ok=True)
        return self.write(name, CONF.format(root=self.root, kind=kind, port=port, default=default, app=app,
                                            replicator=replicator, devices=devices, workers=workers, ip=ip,
                                            user=user or own_user(), mount_check=mount_check,
                                            log=log or f'log_address = {self.root}/no-log'))

    def write_ring(self, name, devices, part_power=3, replicas=None):
        """`devices` are dictionaries with port, replication_port, device and more as a ring has them."""
        builder = RingBuilder(part_power, replicas or len(devices), 1)
        for number, device in enumerate(devices):
            builder.add_dev({'id': number, 'region': 1, 'zone': number, 'weight': 1.0, 'ip': '127.0.0.1',
                             'replication_ip': '127.0.0.1', 'meta': '', **device})
        builder.rebalance(seed=1)
        builder.get_ring().save(f'{self.root}/{name}.ring.gz')

    def start(self, command, port=None, **options):
        """A process, killed at the end with all of its group; waits until the port answers."""
        log = open(f'{self.root}/output.{len(os.listdir(self.root))}', 'wb')
        command = ['setpriv', '--pdeathsig', 'KILL', *command]
        process = subprocess.Popen(command, start_new_session=True, **{'stdout': log, 'stderr': log, **options})
        log.close()
        process.log_path = log.name
        self.processes.callback(self.kill, process)
        if port:
            self.wait_for_port(process, port)
        return process

    @staticmethod
    def wait_for_port(process, port):
        wait_until(lambda: answers(port) or process.poll() is not None, f'port {port}')
        if process.poll() is not None:
            with open(process.log_path, encoding='utf-8') as output:
                sys.exit(f'{process.args} does not start:\n{output.read()}')

    @staticmethod
    def kill(process):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def start_rsyncd(self, modules):
        """An rsync daemon with a writable module for each folder; its port."""
        port = free_port()
        text = RSYNCD.format(port=port, root=self.root, user=own_user(), group=grp.getgrgid(os.getegid()).gr_name)
        text += ''.join(MODULE.format(name=name, path=path, root=self.root) for name, path in modules.items())
        self.start(['rsync', '--daemon', '--no-detach', f'--config={self.write("rsyncd.conf", text)}'], port)
        return port

    def start_ours(self, kind, conf, port, **options):
        return self.start([swift_env.program(f'{kind}-replication-server'), conf, *options.pop('arguments', [])], port,
                          **options)

    def start_swift(self, kind, conf, port):
        return self.start([sys.executable, '-c', SWIFT_SERVER, f'{self.root}/swift.conf', conf, kind], port)
