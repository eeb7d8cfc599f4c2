"""Debian's container-server in a temporary folder, on a port of its own."""
import os
import socket
import subprocess
import sys
import tempfile
import time

from swift.common import utils
from swift.common.utils import Timestamp

CONF = '''[DEFAULT]
devices = {root}/devices
mount_check = false
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = root
swift_dir = {root}
log_address = {root}/no-log
client_timeout = {client_timeout}
fallocate_reserve = 0

[pipeline:main]
pipeline = healthcheck recon container-server

[app:container-server]
use = egg:swift#container

[filter:healthcheck]
use = egg:swift#healthcheck

[filter:recon]
use = egg:swift#recon
recon_cache_path = {root}
'''

# swift.conf is read from a fixed place unless this is said before anything else.
LAUNCH = '''import sys
from swift.common import utils
utils.SWIFT_CONF_FILE = sys.argv[1]
from swift.common.wsgi import run_wsgi
sys.exit(run_wsgi(sys.argv[2], 'container-server'))
'''


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class SwiftServer:
    """Use as a context manager. `device` is the only device, `root` the temporary folder."""

    device = 'sd1'

    def __init__(self, client_timeout=60):
        self.temporary = tempfile.TemporaryDirectory()
        self.root = self.temporary.name
        self.port = free_port()
        os.makedirs(f'{self.root}/devices/{self.device}')
        swift_conf = f'{self.root}/swift.conf'
        self.write(swift_conf, '[swift-hash]\nswift_hash_path_prefix = pre\nswift_hash_path_suffix = suf\n')
        conf = f'{self.root}/container-server.conf'
        self.write(conf, CONF.format(root=self.root, port=self.port, client_timeout=client_timeout))
        utils.HASH_PATH_PREFIX, utils.HASH_PATH_SUFFIX = b'pre', b'suf'
        self.output = open(f'{self.root}/output', 'w+', encoding='utf-8')
        self.process = subprocess.Popen([sys.executable, '-c', LAUNCH, swift_conf, conf],
                                        stdout=self.output, stderr=self.output)

    @staticmethod
    def write(path, text):
        with open(path, 'w', encoding='utf-8') as out:
            out.write(text)

    def __enter__(self):
        for _ in range(300):
            try:
                socket.create_connection(('127.0.0.1', self.port), timeout=1).close()
                return self
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.output.seek(0)
        sys.exit(f"Swift's container-server does not start:\n{self.output.read()}")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.output.close()
        self.temporary.cleanup()

    def make_container(self, account, container):
        """A database as Swift's own broker makes it; returns its REPLICATE path."""
        from swift.container.backend import ContainerBroker
        name = utils.hash_path(account, container)
        path = utils.storage_directory('containers', '7', name)
        broker = ContainerBroker(f'{self.root}/devices/{self.device}/{path}/{name}.db',
                                 account=account, container=container)
        broker.initialize(Timestamp(1).internal, 0)
        return f'/{self.device}/7/{name}'
