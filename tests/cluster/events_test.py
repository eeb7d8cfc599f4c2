"""Clusters to which something happens.

usage: events_test.py KIND unmounted|node_down|replicator_stopped|changed_while_sent|policies|killed
"""
import sys

from cluster import events, scenarios, scenarios_of_containers, scenarios_of_policies
from cluster.comparison import check
from cluster.mixed_cluster import MIXED, SIDES
from cluster.world import World

AMID = (
    scenarios.idle_unknown, scenarios.idle_known, scenarios.missing_second, scenarios.missing_but_first,
    scenarios.diff_known, scenarios.metadata, scenarios.handoff_with_nothing_new,
    scenarios.deleted_on_one, scenarios.pending_where_others_miss, scenarios.corrupt_first, scenarios.reclaimable,
)
AMID_OF_CONTAINERS = (
    scenarios.diff_first_ahead, scenarios.both_ways, scenarios.handoff_with_primaries,
)
KILLED = (
    (scenarios.diff_of_two_batches_and_one_row, 0, 'merge_items', 2, False),
    (scenarios.diff_of_two_batches_and_one_row, 0, 'merge_items', 2, True),
    (scenarios.missing_but_first, 1, 'complete_rsync', 1, False),
    (scenarios.missing_but_first, 1, 'complete_rsync', 1, True),
    (scenarios.handoff_only, 2, 'sync', 1, True),
)


def among(kind):
    return MIXED if kind == 'container' else SIDES


def amid(kind):
    return AMID + (AMID_OF_CONTAINERS if kind == 'container' else ())


def unmounted(kind):
    check(World(kind, amid(kind)), events.Unmounted(2), counted='in sums', among=among(kind))


def node_down(kind):
    check(World(kind, amid(kind)), events.NodeDown(3), counted='in sums', among=among(kind))


def replicator_stopped(kind):
    """Containers only: for accounts Swift's replicator does not take over timestamps. No scenario in which the one that stands still
    has rows of its own: nobody asks for them."""
    check(World(kind, (scenarios.metadata, scenarios.metadata_known, scenarios.timestamps, scenarios.deleted_on_one,
                       scenarios.deleted_and_made_again, scenarios_of_containers.ranges_on_one,
                       scenarios_of_containers.ranges_of_two_minds, scenarios_of_containers.ranges_deleted)),
          events.ReplicatorStopped(2), among=MIXED)


def changed_while_sent(kind):
    world = World(kind, (scenarios.missing_but_first, scenarios.missing_second, scenarios.handoff_only))
    check(world, events.ChangedWhileSent(world), counted='in sums', among=among(kind))


def policies(kind):
    """per_diff is such that no queue of the reconciler is ever far behind another."""
    world = World(kind, scenarios.of(scenarios_of_policies, kind) + scenarios_of_policies.conflicts(), policies=3, per_diff=300)
    check(world, events.QueuesMade(world), counted='in sums', among=MIXED)


def killed(kind):
    for scenario, position, operation, count, answered in KILLED if kind == 'container' else KILLED[::2]:
        world = World(kind, (scenario,))
        print(f'-- {operation}, {"answered" if answered else "unheard"}')
        check(world, events.Killed(world, position, operation, count, answered),
              counted='in sums', among=SIDES)


if __name__ == '__main__':
    globals()[sys.argv[2]](sys.argv[1])
