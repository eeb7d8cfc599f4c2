"""Rings of ring-builder are no worse balanced or dispersed than those of Swift's RingBuilder, and move no more.

Each case of steps.py is done by both with the same steps. After every rebalance Swift's own code measures both: balance
and dispersion of ours must be no greater (floating point aside), and all moves so far no more than 1.05 times Swift's,
plus one partition replica for small rings. Both sides run with fixed seeds, since both place by lot. Random clusters
follow: there one measure may be worse, but only where the other one or the moves are better.
"""
import sys

import both_sides
import steps

from interop import swift_env

FLOAT_NOISE = 1e-6
MOVES = 1.05
MOVES_SLACK = 1
SEED = 1
RANDOM_CASES = 30


class Comparison:
    """What one rebalance came to on both sides: (balance, dispersion, moves so far)."""

    def __init__(self, swift, ours):
        self.swift = swift
        self.ours = ours

    def worse(self):
        names = []
        if self.ours[0] > self.swift[0] + FLOAT_NOISE:
            names.append('balance')
        if self.ours[1] > self.swift[1] + FLOAT_NOISE:
            names.append('dispersion')
        if self.ours[2] > self.swift[2] * MOVES + MOVES_SLACK:
            names.append('moves')
        return names

    def is_dominated(self):
        """Worse in something and better in nothing."""
        return bool(self.worse()) and all(ours >= swift - FLOAT_NOISE
                                          for ours, swift in zip(self.ours, self.swift))

    def __str__(self):
        return '; '.join(f'{name} {swift:.4f} (Swift) {ours:.4f} (ours)' for name, swift, ours in
                         zip(('balance', 'dispersion', 'moves'), self.swift, self.ours))


def check_one_move_each(before, after, builder_before):
    """No partition lost more than one replica to a rebalance, unless a device that held one was removed."""
    removed = {dev['id'] for dev in builder_before._remove_devs}
    for part in range(len(after[0])):
        changed = [replica for replica, row in enumerate(after)
                   if before and replica < len(before) and part < len(row) and part < len(before[replica])
                   and before[replica][part] != row[part]]
        if len(changed) > 1 and not any(before[replica][part] in removed for replica in changed):
            raise AssertionError(f'partition {part}: replicas {changed} moved at once')


def compare(part_power, replicas, case_steps, folder):
    """A Comparison for each rebalance of the case, and Swift's RingBuilder with our final state."""
    swift = both_sides.SwiftSide(part_power, replicas, SEED)
    ours = both_sides.OurSide(part_power, replicas, SEED, folder)
    comparisons = []
    swift_moves = our_moves = 0
    for step in case_steps:
        swift_moves += swift.step(*step)
        builder_before = ours.builder() if step[0] == 'rebalance' else None
        reported = ours.step(*step)
        if step[0] != 'rebalance':
            continue
        builder = ours.builder()
        builder.validate()
        counted = both_sides.moved(builder_before._replica2part2dev, builder._replica2part2dev)
        assert reported == counted, f'reassigned {reported} instead of {counted}'
        check_one_move_each(builder_before._replica2part2dev, builder._replica2part2dev, builder_before)
        our_moves += counted
        comparisons.append(Comparison((*both_sides.measure(swift.builder), swift_moves),
                                      (*both_sides.measure(builder), our_moves)))
    return comparisons


def run(cases, is_failure):
    failures = 0
    for name, (part_power, replicas, case_steps) in cases.items():
        with both_sides.temporary_folder() as folder:
            for number, comparison in enumerate(compare(part_power, replicas, case_steps, folder)):
                if is_failure(comparison):
                    failures += 1
                    print(f'FAILED {name}, rebalance {number}: {comparison}')
    return failures


def main():
    assert len(steps.CASES) >= 20
    failures = run(steps.CASES, lambda comparison: comparison.worse())
    print(f'{len(steps.CASES)} cases compared')
    # A fixed seed for the shapes as well: another one is a matter of luck in the last partition.
    seed = swift_env.seed() if '--random' in sys.argv else 1
    failures += run(steps.random_cases(seed, RANDOM_CASES), Comparison.is_dominated)
    print(f'{RANDOM_CASES} random clusters compared, seed {seed}')
    sys.exit(1 if failures else 0)


main()
