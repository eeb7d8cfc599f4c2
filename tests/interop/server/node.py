"""Small clusters for the replication servers: rings, configuration, our servers and Debian's, all in one folder and on
ports of their own."""
import contextlib
import os
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
mount_check = false
bind_ip = 127.0.0.1
bind_port = {port}
workers = {workers}
user = {user}
swift_dir = {root}
log_address = {root}/no-log
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
SWIFT_SERVER = OTHER_SWIFT_CONF + '''from swift.common.wsgi import run_wsgi
sys.exit(run_wsgi(sys.argv[2], sys.argv[3] + '-server'))
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


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    sys.exit(f'still waiting after {seconds} s: {what}')


def own_user():
    import pwd
    return pwd.getpwuid(os.geteuid()).pw_name


class Cluster:
    """Use as a context manager: everything started through it is killed at the end. `root` is its folder."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix='dbrepl-server.')
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

    def write_conf(self, name, kind, port, default='', app='', replicator='', devices='devices', workers=1, user=None):
        os.makedirs(f'{self.root}/{devices}', exist_ok=True)
        return self.write(name, CONF.format(root=self.root, kind=kind, port=port, default=default, app=app,
                                            replicator=replicator, devices=devices, workers=workers,
                                            user=user or own_user()))

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
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **options)
        log.close()
        self.processes.callback(self.kill, process)
        if port:
            wait_until(lambda: answers(port) or process.poll() is not None, f'port {port}')
            if process.poll() is not None:
                with open(log.name, encoding='utf-8') as output:
                    sys.exit(f'{command} does not start:\n{output.read()}')
        return process

    @staticmethod
    def kill(process):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def start_ours(self, kind, conf, port, **options):
        return self.start([swift_env.program(f'{kind}-replication-server'), conf, *options.pop('arguments', [])], port,
                          **options)

    def start_swift(self, kind, conf, port):
        return self.start([sys.executable, '-c', SWIFT_SERVER, f'{self.root}/swift.conf', conf, kind], port)
