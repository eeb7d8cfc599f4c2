"""Device sets and the steps done to them, for comparing ring-builder with Swift's RingBuilder.

A case is a list of steps, plain tuples that both sides understand:
  ('add', region, zone, ip, device, weight)   ids are given in order, holes first
  ('weight', id, weight)  ('remove', id)  ('replicas', n)  ('overload', x)  ('zone', id, zone)
  ('hours',)                                  min_part_hours have passed
  ('rebalance',)
"""
import random


def devices(layout, weight=100.0):
    """One ('add', ...) for each (region, zone, node, disks[, weight]) of the layout and disk."""
    steps = []
    for region, zone, node, disks, *own_weight in layout:
        for disk in range(disks):
            steps.append(('add', region, zone, f'10.{region}.{zone}.{node}', f'sd{disk}',
                          own_weight[0] if own_weight else weight))
    return steps


def again(count=1):
    """Rebalances after waiting, as an operator does until nothing moves any more."""
    return [('hours',), ('rebalance',)] * count


EVEN = [(1, zone, node, 3) for zone in range(4) for node in range(2)]
UNEVEN_ZONES = [(1, 0, 1, 4), (1, 0, 2, 4), (1, 1, 1, 4), (1, 2, 1, 2), (1, 3, 1, 1)]
REGIONS = [(1, 0, 1, 4), (1, 1, 1, 4), (2, 0, 1, 3), (2, 1, 1, 3)]
THREE_REGIONS = [(1, 0, 1, 6), (2, 0, 1, 3), (3, 0, 1, 2)]
FEW_IPS = [(1, 0, 1, 12), (1, 0, 2, 12), (1, 1, 1, 12)]
UNEVEN_WEIGHTS = [(1, zone, node, 3, 50.0 + 37.5 * zone + 11.0 * node)
                  for zone in range(4) for node in range(2)]


def grow(layout, first, total):
    """The layout's devices step by step, so that a ring grows the way clusters do."""
    all_devices = devices(layout)
    steps = all_devices[:first] + [('rebalance',)]
    for start in range(first, len(all_devices), total):
        steps += all_devices[start:start + total] + again(2)
    return steps


def drain(layout, ids):
    steps = devices(layout) + [('rebalance',)]
    for device in ids:
        steps += [('weight', device, 0.0)] + again(3)
    return steps


def remove(layout, ids, replace=False):
    steps = devices(layout) + [('rebalance',)]
    for number, device in enumerate(ids):
        steps += [('remove', device)] + again(1)
        if replace:
            steps += [('add', 1, 9, f'10.9.9.{number}', 'sdx', 100.0)] + again(2)
    return steps


def with_overload(layout, overload):
    return devices(layout) + [('overload', overload), ('rebalance',)] + again(1)


# name -> (part_power, replicas, steps)
CASES = {
    'even': (10, 3, devices(EVEN) + [('rebalance',)] + again()),
    'uneven_weights': (10, 3, devices(UNEVEN_WEIGHTS) + [('rebalance',)] + again()),
    'uneven_zones': (10, 3, devices(UNEVEN_ZONES) + [('rebalance',)] + again()),
    'uneven_zones_overload_5': (10, 3, with_overload(UNEVEN_ZONES, 0.05)),
    'uneven_zones_overload_all': (10, 3, with_overload(UNEVEN_ZONES, 10.0)),
    'two_regions': (10, 3, devices(REGIONS) + [('rebalance',)] + again()),
    'two_regions_overload': (10, 3, with_overload(REGIONS, 0.1)),
    'three_regions': (10, 3, devices(THREE_REGIONS) + [('rebalance',)] + again()),
    'three_regions_overload': (10, 3, with_overload(THREE_REGIONS, 0.2)),
    'few_ips': (10, 3, devices(FEW_IPS) + [('rebalance',)] + again()),
    'few_devices': (8, 3, devices([(1, 0, 1, 1), (1, 0, 2, 1), (1, 0, 3, 1)]) + [('rebalance',)]),
    'four_replicas_of_two_regions': (9, 4, devices(REGIONS) + [('rebalance',)] + again()),
    'five_replicas': (8, 5, devices(UNEVEN_ZONES) + [('rebalance',)] + again()),
    'one_replica': (9, 1, devices(UNEVEN_WEIGHTS) + [('rebalance',)] + again()),
    'grow_by_node': (10, 3, grow(EVEN, 9, 3)),
    'grow_by_zone': (10, 3, grow([(1, zone, 1, 4) for zone in range(5)], 4, 4)),
    'grow_by_region': (10, 3, grow(REGIONS, 8, 6)),
    'drain': (10, 3, drain(EVEN, [0, 5, 13])),
    'drain_uneven': (10, 3, drain(UNEVEN_ZONES, [2, 14])),
    'remove': (10, 3, remove(EVEN, [1, 7, 20])),
    'remove_and_replace': (10, 3, remove(EVEN, [1, 7, 20], replace=True)),
    'remove_in_small_zone': (10, 3, remove(UNEVEN_ZONES, [13])),
    'reweigh': (10, 3, devices(EVEN) + [('rebalance',), ('weight', 3, 150.0), ('weight', 4, 60.0)]
                + again(2)),
    'move_zone': (10, 3, devices(EVEN) + [('rebalance',)]
                  + [('zone', device, 8) for device in (0, 1, 2)] + again(3)),
    'fractional': (9, 3.25, devices(EVEN) + [('rebalance',)] + again()),
    'fractional_growing': (9, 2, devices(EVEN) + [('rebalance',), ('replicas', 2.5)] + again()
                           + [('replicas', 3)] + again()),
    'fewer_replicas': (9, 4, devices(EVEN) + [('rebalance',), ('replicas', 3)] + again(2)),
    'without_waiting': (10, 3, devices(EVEN) + [('rebalance',)] + devices([(1, 5, 1, 3)])
                        + [('rebalance',), ('remove', 2), ('rebalance',)]),
    'tiny': (2, 3, devices(EVEN) + [('rebalance',)] + again()),
}


def random_case(rng):
    """A cluster of random shape that lives through a few random changes."""
    layout = [(rng.randint(1, 3), rng.randint(0, 3), rng.randint(1, 3), rng.randint(1, 4),
               float(rng.choice([50, 100, 100, 100, 200, 350]))) for _ in range(rng.randint(3, 9))]
    layout = list({entry[:3]: entry for entry in layout}.values())
    steps = devices(layout)
    while len(steps) < 5:
        steps += devices([(1, 7, 50 + len(steps), 1)])
    count = len(steps)
    gone = set()
    if rng.random() < 0.4:
        steps.append(('overload', rng.choice([0.05, 0.2, 1.0])))
    steps.append(('rebalance',))
    for _ in range(rng.randint(1, 3)):
        left = [device for device in range(count) if device not in gone]
        change = rng.choice(['add', 'drain', 'remove', 'weight'])
        if change == 'add':
            steps += devices([(rng.randint(1, 3), rng.randint(0, 3), 60 + len(steps), rng.randint(1, 3))])
        elif len(left) > 5:
            device = rng.choice(left)
            if change == 'weight':
                steps.append(('weight', device, float(rng.choice([50, 150, 400]))))
            else:
                gone.add(device)
                steps.append(('weight', device, 0.0) if change == 'drain' else ('remove', device))
        steps += again(rng.randint(1, 2))
    return rng.randint(6, 10), rng.choice([1, 2, 3, 3, 3, 4]), steps


def random_cases(seed, count):
    rng = random.Random(seed)
    return {f'random_{i}': random_case(rng) for i in range(count)}
