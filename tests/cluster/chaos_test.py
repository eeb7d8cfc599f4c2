"""Four nodes of ours whose databases are written all the time, while replicators, servers and rsync daemons are killed,
stopped and cut off at random: afterwards everything converges, what was acknowledged is there, what was deleted stays so,
and nothing is left over.

chaos_test.py container|account. Environment: DBREPL_SEED; DBREPL_CHAOS_SECONDS, how long it lasts.
"""
import collections
import os
import random
import signal
import sys
import tempfile
import time

from cluster.aftermath import check_leftovers, settle
from cluster.live_cluster import WRITE_PORT, LiveCluster, busy_world, kill_leader, signal_group
from cluster.mixed_cluster import RSYNC_PORT
from cluster.world import NODES, SEED
from cluster.writers import Writers
from interop.server.node import children_of

DATABASES, LIVES, CLIENTS = 18, 24, 6
LONGEST = {'down': 2.0, 'stopped': 7.0, 'cut': 6.0, 'mute': 8.0}


class Chaos:
    """One misfortune after the other; each ends by itself some time later."""

    def __init__(self, cluster, choose):
        self.cluster, self.choose = cluster, choose
        self.pending, self.counts = [], collections.Counter()  # pending: (when, what ends it)
        self.busy = set()  # (what, node) that something happens to
        for node in NODES:
            cluster.start_replicator(node)

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.strike()
            until = time.monotonic() + self.choose.expovariate(2.5)
            while time.monotonic() < until:
                self.mend_what_is_due()
                time.sleep(0.05)
                self.look_at_replicators()
                for log in self.cluster.logs.values():
                    log.take()
        self.mend_what_is_due(everything=True)

    def mend_what_is_due(self, everything=False):
        due = [entry for entry in self.pending if everything or entry[0] <= time.monotonic()]
        self.pending = [entry for entry in self.pending if entry not in due]
        for _, key, mend in due:
            mend()
            self.busy.discard(key)

    def look_at_replicators(self):
        """None may end but when it is killed."""
        for node, process in self.cluster.replicators.items():
            assert ('replicator', node) in self.busy or process.runs(), \
                f'the replicator of node {node} ended with {process.code}: {process.printed()}'

    def later(self, kind, key, mend):
        self.busy.add(key)
        self.pending.append((time.monotonic() + self.choose.uniform(0.05, LONGEST[kind]), key, mend))

    def strike(self):
        node = self.choose.choice(NODES)
        what = self.choose.choice(('replicator', 'server', 'writing', 'gate', 'rsyncd', 'worker', 'node'))
        node = 0 if what == 'rsyncd' else node
        if (what if what != 'worker' else 'server', node) not in self.busy:
            getattr(self, f'strike_{what}')(node)

    def strike_replicator(self, node):
        self.kill_or_stop('replicator', node, self.cluster.replicators, lambda: self.cluster.start_replicator(node))

    def strike_server(self, node):
        self.kill_or_stop('server', node, self.cluster.servers, lambda: self.cluster.start_server(node, wait=False))

    def strike_writing(self, node):
        self.kill_or_stop('writing', node, self.cluster.writing, lambda: self.cluster.start_writing(node, wait=False))

    def kill_or_stop(self, what, node, processes, restart):
        process, way = processes[node], self.choose.choice(('kill', 'kill leader', 'stop'))
        self.counts[f'{what} {way}'] += 1
        if way == 'stop':
            signal_group(process, signal.SIGSTOP)
            self.later('stopped', (what, node), lambda: signal_group(process, signal.SIGCONT))
            return
        kill_leader(process) if way == 'kill leader' else process.kill()
        self.later('down', (what, node), restart)

    def strike_worker(self, node):
        """The server's worker alone: its supervisor starts another one."""
        workers = children_of(self.cluster.servers[node].pid)
        if workers:
            self.counts['worker kill'] += 1
            os.kill(self.choose.choice(workers), signal.SIGKILL)

    def strike_gate(self, node):
        how = self.choose.choice(('cut', 'mute', 'clip'))
        self.counts[f'gate {how}'] += 1
        self.cluster.gates.do(how, node)
        if how != 'clip':
            self.later(how, ('gate', node), lambda: self.cluster.gates.do('mend', node))

    def strike_rsyncd(self, _):
        self.counts['rsyncd kill'] += 1
        self.cluster.rsyncd.kill()
        self.later('down', ('rsyncd', 0), self.cluster.start_rsyncd)

    def strike_node(self, node):
        """Everything of a node at once."""
        if not any((what, node) in self.busy for what in ('replicator', 'server', 'writing')):
            self.counts['node'] += 1
            for what in ('replicator', 'server', 'writing'):
                getattr(self, f'strike_{what}')(node)


def await_all(cluster):
    for node in NODES:
        cluster.await_server(node)
        cluster.await_port(cluster.writing[node], cluster.addresses[node], WRITE_PORT)
    cluster.await_port(cluster.rsyncd, f'{cluster.subnet}.9', RSYNC_PORT)


def tell(began, what):
    print(f'{time.monotonic() - began:6.1f} s: {what}', flush=True)


def main(kind):
    choose = random.Random(SEED)
    if os.access('/dev/shm', os.W_OK):
        tempfile.tempdir = '/dev/shm'
    seconds = float(os.environ.get('DBREPL_CHAOS_SECONDS') or 15)
    began = time.monotonic()
    world, lives = busy_world(kind, DATABASES, LIVES)
    places = [*world.places.values()]
    with LiveCluster(world) as cluster:
        cluster.start_all()
        writers = Writers(cluster, WRITE_PORT, places, lives, CLIENTS)
        writers.start(choose.random())
        chaos = Chaos(cluster, choose)
        tell(began, 'the chaos begins')
        chaos.run(seconds)
        tell(began, 'it is over')
        ledger = writers.stop()
        await_all(cluster)
        cluster.stop_replicators()
        tell(began, 'all wait for the passes that settle it')
        sent = cluster.take_rsyncs()
        passes = settle(cluster, ledger, places + lives)
        left = check_leftovers(cluster)
        assert ledger.acknowledgements() > seconds, 'hardly anything was written'
    print(f'{seconds:.0f} s, {sum(chaos.counts.values())} misfortunes ({dict(sorted(chaos.counts.items()))}); '
          f'{ledger.acknowledgements()} acknowledgements for {len(ledger.rows)} rows and {len(ledger.lives)} lives, '
          f'{len(sent)} rsyncs; settled after {passes} passes; {left} files left in tmp until they are old')


if __name__ == '__main__':
    try:
        main(*sys.argv[1:])
    except AssertionError as problem:
        sys.exit(f'FAILED: {problem}')
