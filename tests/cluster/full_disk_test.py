"""Replicators and servers of ours with a disk of fixed size that is full, at the receiver or at the sender: the pass ends, the
log says which device it is and what to do, nobody loses a row, nothing half done stays behind, and the next pass after room has
been made brings everything in order.

usage: full_disk_test.py container|account
"""
import glob
import os
import sys
import unittest

from cluster.aftermath import Replica, leftovers
from cluster.mixed_cluster import ALL_OURS, MixedCluster
from cluster.small_disk import SmallDisk, own_mounts
from cluster.world import NODES, World, database_files, rows

# Fills the disk of one device when a file has just arrived there.
FILL_BEHIND_RSYNC = '''rsync=$(PATH=${{PATH#*:}} command -v rsync)
"$rsync" "$@" || exit
case "$*" in */{device}/tmp/*) dd if=/dev/zero of={filler} bs=4k 2> /dev/null;; esac
exit 0
'''
FULL = '(No space left on device|database or disk is full).*free space on that device'
KIND = 'container'


def missing(db):
    db.create(0, rows('m', 3000))


def more_rows_on_the_first(db):
    brokers = db.create_on((0, 1, 2), rows('c', 100))
    db.know(brokers)
    db.add(brokers[0], [('x' * 900 + str(number), 500 + number) for number in range(60)])


def far_behind(db):
    db.create(0, rows('m', 3000))
    db.create_on((1, 2), rows('own', 5))


def all_differ(db):
    for position in range(3):
        db.create(position, rows('c', 30) + [(f'{"x" * 900}{position}-{number}', 500 + number) for number in range(15)])


def waiting_on_the_first(db):
    for position in range(3):
        db.put_pending(db.create(position, rows('c', 30)), f'waiting{position}', 600)


def handoff_with_more(db):
    db.create_on((0, 1, 2), rows('c', 30))
    db.create(3, rows('c', 30) + [('x' * 900 + str(number), 500 + number) for number in range(40)])


def handoff_alone(db):
    db.create(3, rows('m', 3000))


class FullDiskTest(unittest.TestCase):
    def begin(self, scenario, position, kib=2048, reserve=None):
        """The cluster of a world in which the disk of that position's node is small."""
        world = World(KIND, [scenario], per_diff=100)
        self.enterContext(world.folder)
        self.place, = world.places.values()
        self.node = self.place.nodes[position]
        self.cluster = self.enterContext(MixedCluster(world, ALL_OURS))
        self.disk = SmallDisk(f'{self.cluster.root}/node{self.node}/sd{self.node}', kib)
        self.addCleanup(self.disk.close)
        if reserve:
            self.write_reserve(reserve)
        self.cluster.start_all()
        self.before = self.replicas()

    def write_reserve(self, reserve):
        with open(self.cluster.confs[self.node], 'r+', encoding='utf-8') as conf:
            text = conf.read().replace('fallocate_reserve = 0', f'fallocate_reserve = {reserve}')
            conf.seek(0)
            conf.write(text)

    def fill_when_a_file_arrives(self):
        self.cluster.write('rsync.hook', FILL_BEHIND_RSYNC.format(device=f'sd{self.node}', filler=self.disk.filler))

    def replicas(self):
        """By node, with the files that hold pending records."""
        return {int(path[len(self.cluster.root) + len('/node'):].split('/')[0]): Replica(KIND, path)
                for path in database_files(self.cluster.root)}

    def replicate(self, position):
        """A pass of that node: its counters; `log` has its lines and those of the servers."""
        done = self.cluster.replicate(self.place.nodes[position])
        self.log = '\n'.join(done.log + [line for node in NODES for line in self.cluster.logs[node].take()])
        return done.counters

    def nothing_is_lost(self):
        """Every node has what it had, no file is left half done, and nothing was set aside."""
        found = self.replicas()
        for node, was in self.before.items():
            self.assertIn(node, found)
            self.assertEqual(found[node].check, 'ok')
            self.assertLessEqual(was.rows.keys(), found[node].rows.keys())
        self.assertEqual(glob.glob(f'{self.cluster.root}/node*/sd*/quarantined'), [])
        pending = [path for path in leftovers(self.cluster) if path != self.disk.filler]
        self.assertEqual(pending, [])

    def says(self, pattern):
        self.assertRegex(self.log, pattern)

    def peer(self):
        return f'{self.cluster.addresses[self.node]}:{self.cluster.port}/sd{self.node}'

    def in_order(self):
        found = self.replicas()
        self.assertEqual(sorted(found), sorted(self.place.nodes[:3]))
        first = found[self.place.nodes[0]]
        for replica in found.values():
            self.assertEqual(replica.contents(), first.contents())
        for was in self.before.values():
            self.assertLessEqual(was.rows.keys(), first.rows.keys())
        self.nothing_waits()

    def nothing_waits(self):
        for pending in glob.glob(f'{self.cluster.root}/node*/sd*/{KIND}s/*/*/*/*.pending'):
            self.assertEqual(os.path.getsize(pending), 0, pending)

    def in_order_once_there_is_room(self, *positions, hook=False):
        """After one pass of each of those nodes."""
        if hook:
            os.unlink(f'{self.cluster.root}/rsync.hook')
        self.disk.free()
        for position in positions:
            self.assertEqual(self.replicate(position)['failure'], 0, self.log)
        self.in_order()

    def test_a_file_finds_no_room(self):
        self.begin(missing, 1)
        self.disk.fill(free_kib=64)
        counters = self.replicate(0)
        self.assertEqual((counters['success'], counters['failure'], counters['rsync']), (1, 1, 2))
        self.says(f'<131>.*ERROR rsync failed with 11: .*No space left on device.*; {self.peer()} has no room for the file: '
                  'free space on that device')
        self.nothing_is_lost()
        self.in_order_once_there_is_room(0)

    def test_a_file_that_arrived_finds_no_room_for_its_new_id(self):
        self.begin(missing, 1)
        self.fill_when_a_file_arrives()
        counters = self.replicate(0)
        self.assertEqual((counters['success'], counters['failure'], counters['rsync']), (1, 1, 2))
        self.says(f'ERROR Bad response 500 from {self.peer()}: complete_rsync: .*{FULL}')
        self.says(f'<131>{KIND}-server: .*REPLICATE failed: complete_rsync: .*{FULL}')
        self.nothing_is_lost()
        self.in_order_once_there_is_room(0, hook=True)

    def test_rows_find_no_room(self):
        self.begin(more_rows_on_the_first, 1)
        self.disk.fill()
        counters = self.replicate(0)
        self.assertEqual((counters['success'], counters['failure'], counters['diff']), (1, 1, 2))
        self.says(f'ERROR Bad response 500 from {self.peer()}: merge_items: .*{FULL}')
        self.says(f'<131>{KIND}-server: .*REPLICATE failed: merge_items: .*{FULL}')
        self.nothing_is_lost()
        self.in_order_once_there_is_room(0)

    def test_a_file_to_merge_finds_no_room(self):
        self.begin(far_behind, 1)
        self.disk.fill(free_kib=64)
        counters = self.replicate(0)
        self.assertEqual((counters['success'], counters['failure'], counters['remote_merge']), (1, 1, 2))
        self.says(f'<131>.*ERROR rsync failed with 11: .*No space left on device.*; {self.peer()} has no room for the file')
        self.nothing_is_lost()
        self.in_order_once_there_is_room(0, 1, 2)

    def test_a_file_that_arrived_finds_no_room_to_merge(self):
        self.begin(far_behind, 1)
        self.fill_when_a_file_arrives()
        counters = self.replicate(0)
        self.assertEqual((counters['success'], counters['failure'], counters['remote_merge']), (1, 1, 2))
        self.says(f'ERROR Bad response 500 from {self.peer()}: rsync_then_merge: .*{FULL}')
        self.nothing_is_lost()
        self.in_order_once_there_is_room(0, 1, 2, hook=True)

    def test_a_full_node_among_replicas_that_differ(self):
        """It gives what it has, though it can neither take anything nor note what it gave."""
        self.begin(all_differ, 0)
        self.disk.fill()
        self.assertEqual(self.replicate(0)['success'], 2, self.log)
        self.says(f'<131>{KIND}-replicator: ERROR writing db .*/sd{self.node}/.*{FULL}')
        for position in (1, 2):
            self.replicate(position)
            self.says(f'ERROR Bad response 500 from {self.peer()}: .*{FULL}')
        self.nothing_is_lost()
        self.in_order_once_there_is_room(0, 1, 2)

    def test_waiting_records_of_a_full_node_wait_on(self):
        self.begin(waiting_on_the_first, 0)
        self.disk.fill()
        self.assertEqual(self.replicate(0)['success'], 0)
        self.says(f'<131>{KIND}-replicator: ERROR reading db .*/sd{self.node}/.*{FULL}')
        self.assertEqual(self.replicate(1)['success'], 1)
        self.says(f'ERROR Bad response 500 from {self.peer()}: sync: .*{FULL}')
        self.nothing_is_lost()
        self.in_order_once_there_is_room(0, 1, 2)

    def test_a_handoff_leaves_a_full_disk(self):
        """Or the disk would stay full."""
        self.begin(handoff_with_more, 3)
        self.disk.fill()
        counters = self.replicate(3)
        self.assertEqual((counters['success'], counters['remove']), (3, 1), self.log)
        self.in_order()

    def test_a_handoff_stays_while_a_primary_is_full(self):
        self.begin(handoff_alone, 1)
        self.disk.fill(free_kib=64)
        counters = self.replicate(3)
        self.assertEqual((counters['success'], counters['failure'], counters['remove']), (2, 1, 0))
        self.nothing_is_lost()
        self.in_order_once_there_is_room(3)

    def test_less_room_than_fallocate_reserve_asks_for(self):
        """A handoff takes the place of the full primary, as with Swift, and gives it back."""
        self.begin(missing, 1, kib=4096, reserve=1024 * 1024)
        self.disk.fill(free_kib=900)
        counters = self.replicate(0)
        self.assertEqual((counters['success'], counters['failure'], counters['rsync']), (2, 1, 2))
        self.says(f'<131>.*ERROR Remote drive not mounted {self.peer()}; mount it, or free space if fallocate_reserve does not '
                  'fit on it any more')
        self.assertIn(self.place.nodes[3], self.replicas())
        self.nothing_is_lost()
        self.in_order_once_there_is_room(0, 3)


if __name__ == '__main__':
    own_mounts()
    if len(sys.argv) > 1 and sys.argv[1] in ('container', 'account'):
        KIND = sys.argv.pop(1)
    unittest.main(verbosity=2)
