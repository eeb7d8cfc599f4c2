"""Stands on a node's replication port, passes requests on to the server behind it, and notes both sides."""
import itertools
import socket
import threading

from interop.server.recorded import Exchange, operation


class RecordingProxy:
    """`cut` is set by the test: where it is true, the answer to rsync_then_merge is swallowed and the connection
    closed, which to Swift's replicator is the same as its time being over."""

    connections = itertools.count(1)

    def __init__(self, node, port, upstream_port, note):
        self.node, self.upstream_port, self.note, self.cut = node, upstream_port, note, False
        self.listener = socket.create_server(('127.0.0.1', port), backlog=64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client, next(self.connections)), daemon=True).start()

    def close(self):
        # Wakes accept(), which close() alone does not.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def serve(self, client, number):
        with client, socket.create_connection(('127.0.0.1', self.upstream_port), timeout=300) as server:
            asked, answered = client.makefile('rb'), server.makefile('rb')
            while True:
                request = read_message(asked)
                if request is None:
                    return
                server.sendall(b''.join(request))
                response = read_message(answered)
                if response is None:
                    return
                exchange = Exchange(number, self.node, *(part.decode() for part in request + response))
                self.note(exchange)
                if self.cut and operation(exchange) == 'rsync_then_merge':
                    return
                client.sendall(b''.join(response))


def read_message(stream):
    """(head, body), or None at the end of the connection."""
    head = b''
    while not head.endswith(b'\r\n\r\n'):
        line = stream.readline()
        if not line:
            return None
        head += line
    length = 0
    for line in head.split(b'\r\n'):
        if line.lower().startswith(b'content-length:'):
            length = int(line.split(b':')[1])
    return head, stream.read(length)
