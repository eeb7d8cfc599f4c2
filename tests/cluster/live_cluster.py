"""Four nodes of ours under fire: replicators that run for ever, replication servers behind gates, and on the same databases
Swift's ordinary servers, which take what clients write."""
import contextlib
import os
import signal

from cluster.gates import Gates
from cluster.mixed_cluster import ALL_OURS, MixedCluster
from cluster.world import NODES, Place, World
from interop import swift_env
from swift.common.wsgi import run_wsgi

SERVER_PORT, WRITE_PORT = 6291, 6301


def busy_world(kind, databases, lives):
    """A world of so many empty databases on their primaries, and places of so many of which there is nothing yet."""
    def scenario(number):
        def empty(db):
            db.create_on((0, 1, 2))
        empty.__name__ = f'busy{number}'
        return empty
    world = World(kind, [scenario(number) for number in range(databases)])
    return world, [Place(world, f'life{number}') for number in range(lives)]


class LiveCluster(MixedCluster):
    """`replicators`, `servers` and `writing` are the processes of each node."""

    node_timeout = 5

    def __init__(self, world):
        super().__init__(world, ALL_OURS, 'interval = 0.5\nconn_timeout = 2\n', {node: SERVER_PORT for node in NODES})
        self.replicators, self.writing = {}, {}
        self.gates = Gates(self.run, self.addresses, self.port, SERVER_PORT)

    def start_all(self, but=()):
        super().start_all(but)
        for node in NODES:
            self.start_writing(node)
        return self

    def start_writing(self, node, wait=True):
        """Swift's ordinary server."""
        conf = self.write_node_conf(f'write.{node}.conf', node, WRITE_PORT)
        self.writing[node] = self.run(lambda: run_wsgi(conf, f'{self.kind}-server'), f'writing.{node}')
        if wait:
            self.await_port(self.writing[node], self.addresses[node], WRITE_PORT)

    def start_replicator(self, node):
        """For ever, a pass every half second."""
        self.replicators[node] = self.run([swift_env.program(f'{self.kind}-replicator'), self.confs[node]],
                                          f'replicator.{node}')

    def stop_replicators(self):
        for process in self.replicators.values():
            os.kill(process.pid, signal.SIGTERM)
        for process in self.replicators.values():
            code = process.wait(60)
            assert code == 0, f'{process.name} ended with {code} after SIGTERM: {process.printed()}'

    def replicate_all(self):
        """One pass of every node at the same time."""
        running = {node: self.replicator(node) for node in NODES}
        for node, process in running.items():
            self.replicator_done(node, process)

    def take_logs(self):
        return [f'node{node}: {line}' for node in NODES for line in self.logs[node].take()]


def kill_leader(process):
    """Not what it started: an rsync goes on, a worker finds out for itself."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.wait(30)


def signal_group(process, number):
    if process.runs():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
