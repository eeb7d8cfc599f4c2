"""kill -9 of a replicator or a server of ours at random moments of a pass: the next passes bring everything in order, every
database is sound, no acknowledged row is lost, and nothing is left that does not go when it is old.

kill_test.py [container|account]. Environment: DBREPL_SEED; DBREPL_KILLS (default 40, under a sanitizer 8).
"""
import collections
import os
import random
import sys
import tempfile
import time

from cluster.aftermath import check_leftovers, settle
from cluster.live_cluster import WRITE_PORT, LiveCluster, busy_world, kill_leader
from cluster.world import NODES, SEED
from cluster.writers import Writers

KILLS = int(os.environ.get('DBREPL_KILLS') or (8 if os.environ.get('DBREPL_SANITIZE') else 40))
KILLS_BEFORE_A_LOOK = 20
DATABASES, LIVES = 6, 8
STEPS = 25  # of the writer between two kills, some of them many rows


class Killer:
    """Passes of all nodes at the same time, and the end of one of the processes in the middle of them."""

    def __init__(self, cluster, choose):
        self.cluster, self.choose = cluster, choose
        self.pass_seconds, self.counts = 0.5, collections.Counter()

    def kill_once(self):
        running = {node: self.cluster.replicator(node) for node in NODES}
        began = time.monotonic()
        time.sleep(self.choose.random() * self.pass_seconds)
        node, group = self.choose.choice(NODES), self.choose.random() < 0.5
        what = self.choose.choice(('replicator', 'replicator', 'server'))
        victim = running[node] if what == 'replicator' else self.cluster.servers[node]
        self.counts[f'{what}{"" if victim.runs() else " that was done"}'] += 1
        victim.kill() if group else kill_leader(victim)
        if what == 'server':
            self.cluster.start_server(node)
        for other, process in running.items():
            if process is not victim:
                self.cluster.replicator_done(other, process)
        # What is done in one go takes as long as this; half of the kills come in the first half.
        self.pass_seconds = min(2.0, 0.8 * self.pass_seconds + 0.2 * (time.monotonic() - began))


def main(kind='container'):
    choose = random.Random(SEED)
    if os.access('/dev/shm', os.W_OK):
        tempfile.tempdir = '/dev/shm'
    began, passes, left = time.monotonic(), [], 0
    world, lives = busy_world(kind, DATABASES, LIVES)
    places = [*world.places.values()]
    with LiveCluster(world) as cluster:
        cluster.start_all()
        writers = Writers(cluster, WRITE_PORT, places, lives, 1, steps=STEPS)
        killer = Killer(cluster, choose)
        for kill in range(1, KILLS + 1):
            writers.start(choose.random())
            killer.kill_once()
            ledger = writers.stop()
            if kill % KILLS_BEFORE_A_LOOK == 0 or kill == KILLS:
                passes.append(settle(cluster, ledger, places + lives))
                left += check_leftovers(cluster)
                print(f'{time.monotonic() - began:6.0f} s: {kill} kills, settled after {passes[-1]} passes', flush=True)
    print(f'{KILLS} kills ({dict(sorted(killer.counts.items()))}) in {time.monotonic() - began:.0f} s: '
          f'{ledger.acknowledgements()} acknowledgements; settled after {passes} passes; {left} files left in tmp until they are '
          'old')


if __name__ == '__main__':
    try:
        main(*sys.argv[1:])
    except AssertionError as problem:
        sys.exit(f'FAILED: {problem}')
