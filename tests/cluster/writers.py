"""Clients of Swift's container and account servers that write all the time, as proxies and object servers do, and keep a
ledger of it. They live in a process of their own, beside which nodes may die."""
import http.client
import itertools
import os
import pickle
import random
import signal
import threading
import time
import traceback

from cluster.ledger import Ledger

PATIENCE = 8
ROWS_OF_A_DATABASE = 400
BURST = (40, 120)


class Clock:
    """Timestamps that never come twice."""

    def __init__(self):
        self.last, self.lock = 0, threading.Lock()

    def stamp(self):
        with self.lock:
            self.last = max(self.last + 1, int(time.time() * 100000))
            return f'{self.last // 100000:010}.{self.last % 100000:05}'


class Client:
    """Requests to the ordinary servers of all nodes, over connections that are kept."""

    def __init__(self, addresses, port):
        self.addresses, self.port, self.connections = addresses, port, {}

    def send(self, node, method, path, headers):
        """Was it done? Not: nobody knows."""
        connection = self.connections.pop(node, None) or http.client.HTTPConnection(self.addresses[node], self.port,
                                                                                    timeout=PATIENCE)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return False
        self.connections[node] = connection
        return response.status in (201, 202, 204)


class Writer:
    """One client's work. `databases` exist; `lives` are made and deleted by it alone."""

    def __init__(self, kind, client, ledger, clock, choose, databases, lives):
        self.kind, self.client, self.ledger, self.clock, self.choose = kind, client, ledger, clock, choose
        self.databases, self.lives = databases, lives

    def step(self):
        self.choose.choices((self.write_row, self.burst, self.put_or_delete_database), (20, 1, 4))[0]()

    def path(self, place, node):
        return f'/sd{node}/{place.partition}/' + '/'.join(place.names)

    def write_row(self):
        """To two or three of the primaries, as an object server's update."""
        place = self.choose.choice(self.databases)
        nodes = self.choose.sample(place.nodes[:3], self.choose.choice((2, 3, 3)))
        self.put_row(place, nodes, self.choose.randrange(ROWS_OF_A_DATABASE), self.choose.random() < 0.3)

    def burst(self):
        """So many rows to one replica that the others must be brought up with a whole file."""
        place = self.choose.choice(self.databases)
        node = self.choose.choice(place.nodes[:3])
        for _ in range(self.choose.randrange(*BURST)):
            if not self.put_row(place, [node], self.choose.randrange(ROWS_OF_A_DATABASE), False):
                return

    def put_row(self, place, nodes, number, delete):
        name, stamp = f'row{number}', self.clock.stamp()
        attempts = self.ledger.rows[place.name, name]
        attempts.tried(stamp, delete)
        method, headers = self.row_request(stamp, delete)
        done = False
        for node in nodes:
            if self.client.send(node, method, f'{self.path(place, node)}/{name}', headers):
                attempts.confirmed(stamp)
                done = True
        return done

    def row_request(self, stamp, delete):
        if self.kind == 'account':
            times = {'X-Put-Timestamp': '0', 'X-Delete-Timestamp': stamp} if delete else {
                'X-Put-Timestamp': stamp, 'X-Delete-Timestamp': '0'}
            return 'PUT', {**times, 'X-Object-Count': '0', 'X-Bytes-Used': '0', 'X-Timestamp': stamp}
        if delete:
            return 'DELETE', {'X-Timestamp': stamp}
        return 'PUT', {'X-Timestamp': stamp, 'X-Size': '7', 'X-Content-Type': 'text/plain', 'X-Etag': '0' * 32}

    def put_or_delete_database(self):
        """On three nodes of the four: also on one that only stands in."""
        place = self.choose.choice(self.lives)
        delete = self.choose.random() < 0.4
        attempts = self.ledger.lives[place.name]
        if not delete and self.kind == 'account' and any(attempts.stamps.values()):
            return  # no account is made again
        stamp = self.clock.stamp()
        attempts.tried(stamp, delete)
        for node in self.choose.sample(place.nodes, 3):
            if self.client.send(node, 'DELETE' if delete else 'PUT', self.path(place, node), {'X-Timestamp': stamp}):
                attempts.confirmed(stamp)


class Writers:
    """Starts in `start`, ends in `stop`, which returns the ledger; the next `start` goes on with it. With `steps`, each client
    does so many and `stop` waits for that."""

    def __init__(self, cluster, port, databases, lives, count, steps=None):
        self.cluster, self.port, self.databases, self.lives = cluster, port, databases, lives
        self.count, self.steps, self.ledger, self.process = count, steps, Ledger(), None

    def start(self, seed):
        self.process = self.cluster.run(lambda: self.work(seed), 'writers')

    def stop(self):
        if not self.steps:
            os.kill(self.process.pid, signal.SIGTERM)
        code = self.process.wait(60 + 2 * PATIENCE * BURST[1])
        assert code == 0, f'the writers ended with {code}: {self.process.printed()}'
        with open(f'{self.cluster.root}/ledger', 'rb') as file:
            self.ledger = pickle.load(file)
        return self.ledger

    def work(self, seed):
        stop, clock, choose = threading.Event(), Clock(), random.Random(seed)
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        # No two clients write to the same database: what is written later has the later timestamp.
        writers = [Writer(self.cluster.kind, Client(self.cluster.addresses, self.port), self.ledger, clock,
                          random.Random(choose.random()), self.databases[number::self.count], self.lives[number::self.count])
                   for number in range(self.count)]
        threads = [threading.Thread(target=self.write, args=(writer, stop), daemon=True) for writer in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with open(f'{self.cluster.root}/ledger', 'wb') as file:
            pickle.dump(self.ledger, file)

    def write(self, writer, stop):
        try:
            for _ in range(self.steps) if self.steps else itertools.count():
                if stop.is_set() and not self.steps:
                    return
                writer.step()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
