"""rsync_then_merge in every mix.

usage: far_behind_test.py KIND
"""
import sys

from cluster import scenarios, scenarios_far_behind
from cluster.comparison import check
from cluster.mixed_cluster import MIXED
from cluster.world import World

if __name__ == '__main__':
    kind = sys.argv[1]
    # 8000 rows that come back are three times what a pass sends. Swift's accounts get by with two, for nodes write each other's
    # rows anew, and those that were to be sent leave the queue; so do ours where Swift's replicators ask.
    check(World(kind, scenarios.of(scenarios_far_behind, kind), per_diff=1000), counted=False, among=MIXED)
