"""A node with our server on it, the sentinels around it, and the questions the suite asks of both."""
import contextlib
import glob
import http.client
import os
import re
import shutil
import signal
import socket
import sqlite3
import threading

from hostile import watcher
from interop.server.node import Cluster, children_of, free_port, wait_until
from swift.account.backend import AccountBroker
from swift.common import utils
from swift.common.utils import Timestamp, hash_path
from swift.container.backend import ContainerBroker

SANITIZED = bool(os.environ.get('DBREPL_SANITIZE'))
# What the process may come to need above what it had when it was idle, in one case.
MEGABYTES = 40 * (4 if SANITIZED else 1)
PEER = 'peer-id'
utils.HASH_PATH_PREFIX, utils.HASH_PATH_SUFFIX = b'pre', b'suf'  # of the cluster's swift.conf
PARTITION = 7


def make_broker(kind, path, name='c'):
    if kind == 'account':
        broker = AccountBroker(path, account='a' if name == 'c' else name)
    else:
        broker = ContainerBroker(path, account='a', container=name)
    return broker


def hash_of(kind, name='c'):
    if kind == 'account':
        return hash_path('a' if name == 'c' else name)
    return hash_path('a', name)


class Log:
    """The server's log lines, over UDP."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        self.lines = []
        threading.Thread(target=self.collect, daemon=True).start()

    def collect(self):
        with contextlib.suppress(OSError):
            while True:
                self.lines.append(self.socket.recv(1 << 18).rstrip(b'\0').decode(errors='replace'))

    def take_until(self, word):
        """All lines before the one with this word, which are forgotten with it."""
        def position():
            return next((i for i, line in enumerate(self.lines) if word in line), None)
        wait_until(lambda: position() is not None, f'{word} in the log', 60)
        end = position()
        taken = self.lines[:end]
        del self.lines[:end + 1]
        return taken


class Node:
    """<root>/devices: sda (the peer's target), sdb and sdc (other devices), and things that are no devices; <root>/outside: files
    that nobody but the test may touch. Use as a context manager."""

    max_of_peer = 192  # three quarters of max_clients times workers

    def __init__(self, kind, client_timeout=60, keepalive_timeout=600):
        self.kind, self.log = kind, Log()
        self.cluster = Cluster()
        self.root, self.port = self.cluster.root, free_port()
        self.devices, self.outside = f'{self.root}/devices', f'{self.root}/outside'
        self.tmp = f'{self.devices}/sda/tmp'
        self.hash, self.other_hash = hash_of(kind), hash_of(kind, 'other')
        self.target = f'/sda/{PARTITION}/{self.hash}'
        self.marker = self.rows = 0
        self.default = (f'log_udp_host = 127.0.0.1\nlog_udp_port = {self.log.port}\nclient_timeout = {client_timeout}\n'
                        f'keepalive_timeout = {keepalive_timeout}\nmax_clients = 128\n')
        self.process = None

    def __enter__(self):
        os.makedirs(self.tmp)
        self.make_sentinels()
        self.fill()
        self.start()
        self.state()  # takes over the peer's created_at
        self.first_state = self.state()
        shutil.copytree(f'{self.devices}/sda', f'{self.root}/fresh')
        self.log_lines()
        return self

    def __exit__(self, *_):
        self.cluster.__exit__()

    # --- What lies on the node.

    def folder(self, device='sda', of=None):
        of = of or self.hash
        return f'{self.devices}/{device}/{self.kind}s/{PARTITION}/{of[-3:]}/{of}'

    def path(self, device='sda', of=None):
        return f'{self.folder(device, of)}/{of or self.hash}.db'

    def make_sentinels(self):
        os.makedirs(f'{self.outside}/folder/tmp')
        for name in ('victim.db', 'victim.txt', 'folder/file', PEER):
            with open(f'{self.outside}/{name}', 'w', encoding='ascii') as out:
                out.write('nobody may read or write this')
        with open(f'{self.devices}/a-file', 'w', encoding='ascii') as out:
            out.write('no device')

    def make(self, path, name='c', rows=3):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        broker = make_broker(self.kind, path, name)
        if self.kind == 'account':
            broker.initialize(Timestamp(1700000000).internal)
            broker.merge_items([{'name': f'o{i}', 'put_timestamp': Timestamp(1700000001 + i).internal, 'delete_timestamp': '0',
                                 'object_count': i, 'bytes_used': i, 'deleted': 0, 'storage_policy_index': 0}
                                for i in range(rows)])
        else:
            broker.initialize(Timestamp(1700000000).internal, 0)
            broker.merge_items([{'name': f'o{i}', 'created_at': Timestamp(1700000001 + i).internal, 'size': i,
                                 'content_type': 't', 'etag': 'e', 'deleted': 0, 'storage_policy_index': 0}
                                for i in range(rows)])
        if broker.conn:
            broker.conn.close()

    def fill(self):
        """The peer's target, the same one on a device that it does not name, and one that no case touches."""
        for device, of, name in (('sda', self.hash, 'c'), ('sdb', self.hash, 'c'), ('sdc', self.other_hash, 'other')):
            self.make(self.path(device, of), name)

    def restore(self):
        """sda as at the beginning."""
        shutil.rmtree(f'{self.devices}/sda')
        shutil.copytree(f'{self.root}/fresh', f'{self.devices}/sda')

    def watched(self):
        return self.outside, f'{self.devices}/sdb'

    # --- The server.

    def start(self):
        environment = dict(os.environ)
        environment['ASAN_OPTIONS'] = f"{environment.get('ASAN_OPTIONS', '')}:quarantine_size_mb=16"
        conf = self.cluster.write_conf('server.conf', self.kind, self.port, self.default, workers=2)
        # Verbose, for sanitizers report on standard error.
        self.process = self.cluster.start_ours(self.kind, conf, self.port, arguments=['--verbose'], env=environment)
        self.log.take_until('Started child')
        self.worker = children_of(self.process.pid)[0]

    def stop(self):
        """Ends the server as an operator does; what is wrong with how it ended."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        problems = [f'exit code {code}'] if code else []
        for path in glob.glob(f'{self.root}/output.*'):
            with open(path, encoding='utf-8', errors='replace') as file:
                text = file.read()
            found = re.search('.*(Sanitizer|runtime error).*', text)
            if found:
                problems.append(text[found.start():][:6000])
        return problems

    def is_alive(self):
        return os.path.exists(f'/proc/{self.worker}') and self.process.poll() is None

    def forget_peak(self):
        with open(f'/proc/{self.worker}/clear_refs', 'w', encoding='ascii') as out:
            out.write('5')

    def megabytes(self, which):
        """VmHWM, the most since forget_peak, or VmRSS."""
        with open(f'/proc/{self.worker}/status', encoding='ascii') as lines:
            found = re.search(rf'{which}:\s+(\d+) kB', lines.read())
        return int(found[1]) // 1024

    # --- Requests.

    def ask(self, body, target=None, timeout=120):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout)
        try:
            connection.putrequest('REPLICATE', target or self.target, skip_accept_encoding=True)
            connection.putheader('Content-Length', str(len(body)))
            connection.endheaders()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sock.sendall(body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def send_raw(self, data, timeout=120):
        """Sends all of it, then reads until the server closes; the status, 0 when there was none."""
        pieces = [data] if isinstance(data, bytes) else data
        with socket.create_connection(('127.0.0.1', self.port), timeout=timeout) as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for piece in pieces:
                    connection.sendall(piece)
                connection.shutdown(socket.SHUT_WR)
            answer = b''
            with contextlib.suppress(ConnectionResetError):
                while piece := connection.recv(65536):
                    answer += piece
        found = re.match(rb'HTTP/1\.[01] (\d{3}) ', answer)
        return (int(found[1]) if found else 0), answer

    def state(self):
        """What a well-behaved peer learns about the target; nothing changes by asking."""
        status, body = self.ask(b'["sync", -1, "h", "a-good-peer", "1700000000.00000", "1700000000.00000", "0", ""]')
        return status, body

    def write_to_another(self):
        """A new row into a database that no case touches."""
        self.rows += 1
        time_ = Timestamp(1700000100 + self.rows).internal
        row = ('{"ROWID": %d, "name": "n%d", "created_at": "%s", "put_timestamp": "%s", "delete_timestamp": "0", "size": 1, '
               '"object_count": 1, "bytes_used": 1, "content_type": "t", "etag": "e", "deleted": 0, "storage_policy_index": 0}'
               % (self.rows, self.rows, time_, time_))
        status, _ = self.ask(f'["merge_items", [{row}], "a-good-peer"]'.encode(), f'/sdc/{PARTITION}/{self.other_hash}')
        return status

    def log_lines(self):
        """Lines since the last call: the server is asked something whose line is known."""
        self.marker += 1
        word = f'/end-of-case-{self.marker}-'
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=120)
        connection.request('OPTIONS', word)
        connection.getresponse().read()
        connection.close()
        return self.log.take_until(word)

    def count_of_other(self):
        path = self.path('sdc', self.other_hash)
        with contextlib.closing(sqlite3.connect(f'file:{path}?mode=ro', uri=True)) as connection:
            table = 'container' if self.kind == 'account' else 'object'
            return connection.execute(f"SELECT count(*) FROM {table} WHERE name GLOB 'n*'").fetchone()[0]

    def picture_of_target(self):
        return watcher.picture(f'{self.devices}/sda')
