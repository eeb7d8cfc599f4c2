"""A node without rsync: what needs no file is replicated, the log says what to install, and the pass ends as Swift's does."""
import os
import unittest

from cluster.mixed_cluster import ALL_OURS, ALL_SWIFT, MixedCluster
from cluster.world import World, rows


def missing(db):
    db.create(0, rows('m', 12))


def missing_too(db):
    db.create(0, rows('m', 12))


def behind(db):
    db.create(0, rows('c', 12))
    db.create_on((1, 2), rows('c', 9))


class MissingRsyncTest(unittest.TestCase):
    def setUp(self):
        self.world = World('container', [missing, missing_too, behind])
        self.enterContext(self.world.folder)

    def passes(self, mix):
        """Of those nodes that have the databases: the counters of all, the log, and of the first with rsync again."""
        with MixedCluster(self.world, mix) as cluster:
            cluster.start_all()
            nodes = sorted({place.nodes[0] for place in self.world.places.values()})
            path, cluster.path = cluster.path, f'{cluster.root}/nothing'
            os.mkdir(cluster.path)
            done = [cluster.replicate(node) for node in nodes]  # ends the test if the exit code is not 0
            cluster.path = path
            again = [cluster.replicate(node) for node in nodes]
        return [each.counters for each in done], '\n'.join(line for each in done for line in each.log), again

    def test_what_needs_no_file_is_replicated(self):
        swift, _, _ = self.passes(ALL_SWIFT)
        ours, log, again = self.passes(ALL_OURS)
        self.assertEqual(ours, swift)
        self.assertEqual(sum(counters['rsync'] for counters in ours), 4)
        self.assertEqual(sum(counters['failure'] for counters in ours), 4)
        self.assertGreaterEqual(sum(counters['success'] for counters in ours), 2)
        self.assertRegex(log, '<131>container-replicator: ERROR rsync is not in PATH: no database file can be sent; install rsync, '
                         'or set PATH for this program')
        self.assertLessEqual(log.count('is not in PATH'), len(ours), 'once in a pass is enough')
        for each in again:
            self.assertEqual(each.counters['failure'], 0, each.log)


if __name__ == '__main__':
    unittest.main(verbosity=2)
