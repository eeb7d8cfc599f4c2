"""Of four nodes of ours, the clock of one is an hour ahead, that of another an hour behind: everything converges, and nothing
goes before all clocks but for that hour say that it is old; when the clocks are right again, all goes on as ever."""
import os
import unittest

from cluster.aftermath import RECLAIM_AGE, Replica
from cluster.mixed_cluster import ALL_OURS, MixedCluster
from cluster.other_clock import make_clock
from cluster.scenarios import both_ways, missing_big, report
from cluster.world import DAY, NODES, World, rows

HOUR = 3600
OFF = {1: HOUR, 2: -HOUR}  # node -> seconds its clock is ahead
# In seconds after a world's base, which is two hours ago: older than reclaim_age by two hours, by half an hour too young, and
# by two hours too young.
OLD, ALMOST_OLD, YOUNG = (2 * HOUR - RECLAIM_AGE + late for late in (-2 * HOUR, HOUR // 2, 2 * HOUR))


def tombstones(db):
    for position in range(3):
        db.create(position, rows('c', 20) + [(f'{name}{position}', at, 1) for name, at in (
            ('old', OLD), ('almost', ALMOST_OLD), ('young', YOUNG), ('new', 0))], created=-20 * DAY)


def deleted(db, at):
    for broker in db.create_on((0, 1, 2), created=-20 * DAY):
        broker.delete_db(db.stamp(at))
        report(db, broker)


def deleted_long_ago(db):
    deleted(db, OLD)


def deleted_not_so_long_ago(db):
    deleted(db, YOUNG)


class ClockCluster(MixedCluster):
    """`clocks`: node -> the library that its server and its replicator get."""

    clocks = {}

    def run(self, what, name):
        node = name.split('.')[-1]
        clock = self.clocks.get(int(node)) if node.isdigit() else None
        return super().run(['env', f'LD_PRELOAD={clock}', *what] if clock else what, name)

    def set_right(self):
        for node in list(self.clocks):
            self.servers[node].kill()
            del self.clocks[node]
            self.start_server(node)


class WrongClockTest(unittest.TestCase):
    def setUp(self):
        if 'address' in os.environ.get('DBREPL_SANITIZE', ''):
            self.skipTest('the address sanitizer refuses to start behind the library that shifts the clock')
        scenarios = (tombstones, deleted_long_ago, deleted_not_so_long_ago, both_ways, missing_big)
        self.world = World('container', scenarios)
        self.enterContext(self.world.folder)
        self.cluster = self.enterContext(ClockCluster(self.world, ALL_OURS))
        self.cluster.clocks = {node: make_clock(self.cluster.root, seconds) for node, seconds in OFF.items()}
        self.cluster.start_all()

    def rounds(self, count):
        """Passes of all nodes, one after the other. The lines that are warnings or worse."""
        bad = []
        for _ in range(count):
            for node in NODES:
                bad += [line for line in self.cluster.replicate(node).log if line[:5] < '<133>']
        for log in self.cluster.logs.values():
            bad += [line for line in log.take() if line[:5] < '<133>']
        return bad

    def replicas(self, name):
        place = self.world.places[name]
        paths = {node: place.path(self.cluster.root, node) for node in NODES}
        return {node: Replica('container', path) for node, path in paths.items() if os.path.exists(path)}

    def in_order(self):
        for name in ('both-ways', 'missing-big'):
            found = self.replicas(name)
            self.assertEqual(sorted(found), sorted(self.world.places[name].nodes[:3]))
            contents = [replica.contents() for replica in found.values()]
            self.assertEqual(contents[1:], contents[:-1], name)
        self.assertEqual(self.replicas('deleted-long-ago'), {})
        self.assertEqual(len(self.replicas('deleted-not-so-long-ago')), 3)
        for node, replica in self.replicas('tombstones').items():
            names = {name for name in replica.rows if not name.startswith('almost')}
            self.assertEqual(names, {name for name, *_ in rows('c', 20)} | {
                f'{which}{position}' for which in ('young', 'new') for position in range(3)}, f'on node {node}')

    def test_converges_and_nothing_goes_too_early(self):
        self.assertEqual(self.rounds(3), [])
        self.in_order()
        self.cluster.set_right()
        self.assertEqual(self.rounds(1), [])
        self.in_order()

    def test_the_other_clocks_are_read(self):
        """Or the test above would test nothing."""
        self.rounds(1)
        place = self.world.places['tombstones']
        for node, replica in self.replicas('tombstones').items():
            own = f'almost{place.nodes.index(node)}'
            self.assertEqual(own in replica.rows, OFF.get(node) != HOUR, f'on node {node}')


if __name__ == '__main__':
    unittest.main(verbosity=2)
