"""The far end of a datagram socket: what a syslog daemon, a StatsD daemon or a service manager would see."""
import contextlib
import re
import socket
import threading

from interop.server.node import wait_until


class Datagrams:
    """A socket that collects what is sent to it."""

    def __init__(self, family=socket.AF_INET, address=('127.0.0.1', 0)):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.lines = []
        threading.Thread(target=self.collect, daemon=True).start()

    def collect(self):
        with contextlib.suppress(OSError):
            while True:
                self.lines.append(self.socket.recv(65536).rstrip(b'\0').decode())

    @property
    def port(self):
        return self.socket.getsockname()[1]

    def wait_for(self, pattern):
        found = []

        def look():
            found[:] = [line for line in self.lines if re.search(pattern, line)]
            return found
        wait_until(look, f'{pattern} among {self.lines}', 20)
        return found[0]

    def flush(self):
        """Returns when all that was sent before has come in."""
        last = f'flush {id(self)} {len(self.lines)}'
        with socket.socket(self.socket.family, socket.SOCK_DGRAM) as sender:
            sender.sendto(last.encode(), self.socket.getsockname())
        wait_until(lambda: last in self.lines, last, 20)
        self.lines.remove(last)
