"""One node with replicators, ours and Debian's, on the same files."""
import os
import re
import subprocess

from interop import swift_env
from interop.datagrams import Datagrams
from interop.server.node import Cluster, free_port, own_user

SWIFTS = '/usr/bin/swift-{kind}-replicator'


def normalised(line):
    """Without what differs from run to run: process ids, times, rates."""
    line = re.sub(r'(Starting|Exited) \d+', r'\1 PID', line)
    return re.sub(r'in \d+\.\d+ seconds \(\d+\.\d+/s\)', 'in N seconds (N/s)', line)


class Node(Cluster):
    """A folder with a ring of one device, sd0, a configuration and a place for the log. Its swift.conf is the one of
    /etc/swift, for Swift's programs know no other."""

    def __init__(self, kind='container'):
        super().__init__()
        os.unlink(f'{self.root}/swift.conf')
        self.kind, self.port, self.log = kind, free_port(), Datagrams()
        os.makedirs(f'{self.root}/names')
        for each in ('account', 'container'):
            os.symlink(swift_env.program(f'{each}-replicator'), f'{self.root}/names/swift-{each}-replicator')
        self.write_ring(kind, [self.device(0)])
        os.makedirs(f'{self.root}/devices/sd0/{kind}s')
        self.conf = f'{self.root}/server.conf'
        self.write_options()

    def device(self, number, port=None):
        port = port or self.port
        return {'device': f'sd{number}', 'port': port, 'replication_port': port}

    def write_options(self, section=None, **more):
        """Writes the configuration: [DEFAULT] with what `more` adds or overrides, and the replicator's section, which
        may have a dictionary of its own."""
        options = {'devices': f'{self.root}/devices', 'mount_check': 'false', 'bind_ip': '127.0.0.1',
                   'bind_port': self.port, 'user': own_user(), 'swift_dir': self.root, 'log_udp_host': '127.0.0.1',
                   'log_udp_port': self.log.port, 'recon_cache_path': f'{self.root}/cache', **more}
        lines = ['[DEFAULT]', *(f'{name} = {value}' for name, value in options.items()), f'[{self.kind}-replicator]',
                 *(f'{name} = {value}' for name, value in (section or {}).items())]
        return self.write('server.conf', '\n'.join(lines) + '\n')

    def program(self, whose):
        return SWIFTS.format(kind=self.kind) if whose == 'swift' else f'{self.root}/names/swift-{self.kind}-replicator'

    def run(self, whose, *arguments, timeout=120, **options):
        """Exit code, standard output, standard error, log lines."""
        self.log.lines.clear()
        done = subprocess.run([self.program(whose), *arguments], capture_output=True, text=True, timeout=timeout,
                              check=False, **options)
        return done.returncode, normalised(done.stdout), normalised(done.stderr), self.log_lines()

    def log_lines(self):
        """All that has come, of what was sent before this call."""
        self.log.flush()
        return [normalised(line) for line in self.log.lines]

    def start_replicator(self, *arguments, **options):
        """Ours, in the background; killed at the end."""
        return self.start([self.program('ours'), self.conf, *arguments], **options)
