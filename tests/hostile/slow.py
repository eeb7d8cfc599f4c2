"""Peers that take their time, and too many of them at once: none holds up the others, all are cut off."""
import contextlib
import http.client
import select
import socket
import time

from hostile.node import MEGABYTES, SANITIZED, Node

CLIENT_TIMEOUT = 6
IDLE_TIMEOUT = 15  # connecting two hundred times must take less
LIMIT = 60  # by then everything is over, also on a loaded machine
GOOD = b'["get_shard_ranges"]'
MB = 1 << 20


def connect(node, address='127.0.0.1'):
    return socket.create_connection(('127.0.0.1', node.port), timeout=LIMIT, source_address=(address, 0))


def head(node, length):
    return b'REPLICATE %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n' % (node.target.encode(), length)


def status_at_end(connection):
    """What was answered until the server closed; 0: nothing; -1: it does not close."""
    answer = b''
    try:
        while piece := connection.recv(65536):
            answer += piece
    except TimeoutError:
        return -1
    except ConnectionResetError:
        pass
    return int(answer.split(b' ')[1]) if answer.startswith(b'HTTP/1.1 ') else 0


class Stalled:
    """Connections that have sent their beginning and then drip or fall silent: what must be their end, and its log lines."""

    def __init__(self, node):
        whole_head = head(node, 1000)
        kinds = [('nothing at all', b'', b'', 0, 0), ('half a head', whole_head[:30], b'', 0, 0),
                 ('a dripping head', whole_head[:-4] + b'\r\nX: ', b'x', 0, 0), ('no body', whole_head, b'', 408, 1),
                 ('half a body', whole_head + GOOD, b'', 408, 1), ('a dripping body', whole_head, b'[', 408, 1),
                 ('a dripping chunk', whole_head.replace(b'Content-Length: 1000', b'Transfer-Encoding: chunked') + b'400\r\n', b'[', 408, 1),
                 ('dripping extensions', whole_head.replace(b'Content-Length: 1000', b'Transfer-Encoding: chunked') + b'1;', b'x', 408, 1)]
        self.all = [(name, connect(node), drip, status, lines) for name, _, drip, status, lines in kinds for _ in range(3)]
        for (name, connection, *_), kind in zip(self.all, (kind for kind in kinds for _ in range(3))):
            connection.sendall(kind[1])
        self.lines = sum(entry[4] for entry in self.all)

    def drip(self):
        for _, connection, drip, _, _ in self.all:
            with contextlib.suppress(OSError):
                if drip and not select.select([connection], [], [], 0)[0]:
                    connection.send(drip)

    def problems(self):
        began = time.monotonic()
        while any(not select.select([entry[1]], [], [], 0)[0] for entry in self.all):
            self.drip()
            if time.monotonic() - began > LIMIT:
                return [f'still open after {LIMIT} s: ' + ', '.join(
                    entry[0] for entry in self.all if not select.select([entry[1]], [], [], 0)[0])]
            time.sleep(0.1)
        found = []
        for name, connection, _, status, _ in self.all:
            answered = status_at_end(connection)
            if answered != status:
                found.append(f'{name}: answered {answered}, not {status}')
            connection.close()
        return found


def check_stalled(node):
    stalled = Stalled(node)
    status, _ = node.ask(GOOD, timeout=LIMIT)
    problems = [] if status == 200 else [f'beside stalled peers a good one is answered {status}']
    problems += stalled.problems()
    lines = node.log_lines()
    if len(lines) != stalled.lines:
        problems.append(f'{len(lines)} log lines, not {stalled.lines}: {lines[:5]}')
    return len(stalled.all), problems


def check_large_bodies(node):
    """Ten bodies of 60 MB, each one byte short."""
    node.forget_peak()
    memory = node.megabytes('VmRSS')
    connections, answered = [], []
    for _ in range(10):
        connection = connect(node)
        connections.append(connection)
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(head(node, 60 * MB) + b'x' * (60 * MB - 1))
    status, _ = node.ask(GOOD, timeout=LIMIT)
    problems = [] if status == 200 else [f'beside large bodies a good request is answered {status}']
    for connection in connections:
        answered.append(status_at_end(connection))
        connection.close()
    # Those beyond the common bound are refused; the bound itself is some 128 MB, and strings grow by doubling.
    allowed = 2 * 128 + MEGABYTES + (128 if SANITIZED else 0)
    peak = node.megabytes('VmHWM') - memory
    print(f'10 bodies of 60 MB: {sorted(answered)}, {peak} MB of memory', flush=True)
    # Who goes on sending for long after his refusal sees the connection break.
    if answered.count(408) > 6 or set(answered) - {503, 408, 0}:
        problems.append(f'ten bodies of 60 MB are answered {answered}')
    if peak > allowed:
        problems.append(f'{peak} MB of memory, allowed are {allowed}')
    lines = node.log_lines()
    if len(lines) != len(connections):
        problems.append(f'{len(lines)} log lines for {answered}: {lines[:5]}')
    return 10, problems


def check_too_many(node):
    """As many connections as one peer may have, and some more; another peer is served."""
    connections, refused = [], 0
    for _ in range(node.max_of_peer + 20):
        connections.append(connect(node, '127.0.0.2'))
    for connection in connections:
        connection.settimeout(LIMIT)
    waiting = set(connections)
    began = time.monotonic()
    while refused < 20 and time.monotonic() - began < LIMIT:
        for connection in select.select(list(waiting), [], [], 1)[0]:
            refused += status_at_end(connection) == 503
            waiting.discard(connection)
    problems = [] if refused == 20 else [f'{refused} of 20 connections too many are refused']
    status, _ = node.ask(GOOD, timeout=LIMIT)
    problems += [] if status == 200 else [f'beside a greedy peer a good one is answered {status}']
    for connection in connections:
        connection.close()
    lines = node.log_lines()
    if len(lines) != refused:
        problems.append(f'{len(lines)} log lines, not {refused}: {lines[:3]}')
    return len(connections), problems


def check_pipeline(node):
    """A thousand requests at once, whose answers nobody reads for a while; then the connection breaks off."""
    with connect(node) as connection:
        connection.settimeout(5)
        with contextlib.suppress(TimeoutError):
            connection.sendall((head(node, len(GOOD)) + GOOD) * 1000)
    status, _ = node.ask(GOOD, timeout=LIMIT)
    node.log_lines()
    return 1, [] if status == 200 else [f'after a broken pipeline a good request is answered {status}']


def run():
    with Node('container', client_timeout=CLIENT_TIMEOUT, keepalive_timeout=IDLE_TIMEOUT) as node:
        count, problems = 0, []
        for check in (check_stalled, check_too_many, check_pipeline, check_large_bodies):
            done, found = check(node)
            count += done
            problems += [f'{check.__name__}: {line}' for line in found]
            try:
                if node.state() != node.first_state:
                    problems.append(f'{check.__name__}: afterwards sync is answered otherwise')
            except (OSError, http.client.HTTPException) as error:
                return count, problems + [f'{check.__name__}: afterwards no answer: {error!r}', *node.stop()]
        return count, problems + node.stop()
