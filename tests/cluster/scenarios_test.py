"""Every scenario side by side in one world, under Swift alone and under every mix.

usage: scenarios_test.py KIND counted|uncounted      DBREPL_ONLY=<scenario,...> and DBREPL_MIX=<name> leave out the others
"""
import sys

from cluster import scenarios, scenarios_of_accounts, scenarios_of_containers
from cluster.comparison import check
from cluster.world import World

if __name__ == '__main__':
    kind, counted = sys.argv[1], sys.argv[2] == 'counted'
    own = scenarios_of_containers if kind == 'container' else scenarios_of_accounts
    check(World(kind, scenarios.of(scenarios, kind, counted) + scenarios.of(own, kind, counted)), counted=counted)
