"""Runs rpc_probe and speaks raw HTTP: what the tests of this folder share."""
import re
import socket

from interop.probe_program import ProbeProgram

DATE = re.compile(r'Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT')


class Probe(ProbeProgram):
    def __init__(self, *args, first_line=None):
        super().__init__('rpc_probe', *args)
        if first_line is not None:
            self.send(first_line)

    def ask(self, **order):
        return super().ask(order)


class Raw:
    """One connection that says what it is told. Every wait ends after ten seconds."""

    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=10)
        self.held = b''

    def send(self, text):
        self.socket.sendall(text.encode('latin-1'))

    def read_until(self, mark):
        while mark not in self.held:
            got = self.socket.recv(65536)
            if not got:
                raise EOFError(f'closed after {self.held!r}')
            self.held += got
        at = self.held.index(mark) + len(mark)
        front, self.held = self.held[:at], self.held[at:]
        return front.decode('latin-1')

    def read_head(self):
        return self.read_until(b'\r\n\r\n')

    def read_body(self, head, has_body=True):
        found = re.search(r'Content-Length: (\d+)', head, re.I)
        length = int(found.group(1)) if found and has_body else 0
        while len(self.held) < length:
            got = self.socket.recv(65536)
            if not got:
                raise EOFError('body cut short')
            self.held += got
        body, self.held = self.held[:length], self.held[length:]
        return body.decode('latin-1')

    def is_closed(self):
        try:
            return not self.held and self.socket.recv(1) == b''
        except ConnectionResetError:
            return True

    def close(self):
        self.socket.close()


def without_date(head):
    return DATE.sub('Date: now', head)


class Checks:
    """Counts what agreed and prints what did not."""

    def __init__(self):
        self.agreed = self.failed = 0

    def equal(self, what, ours, swifts):
        if ours == swifts:
            self.agreed += 1
            return
        self.failed += 1
        print(f'{what}:\n  ours  {ours!r}\n  Swift {swifts!r}')

    def exit_code(self):
        print(f'{self.agreed} agree, {self.failed} do not')
        return 1 if self.failed or not self.agreed else 0
