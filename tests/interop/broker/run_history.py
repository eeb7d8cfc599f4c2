"""Runs one history by given hands and finds, shrinks and explains differences between runs."""
import os
import random
import shutil
import tempfile

from interop.broker import compare, legacy_schemas
from interop.broker.swift_hand import ALWAYS_SWIFT, SwiftHand

DATABASE = '00000000000000000000000000000abc'


def names_given_twice(step, path):
    """Names that a merge or a commit of an account has several times."""
    if step['op'] == 'merge_items':
        names = [item['name'] for item in step['items']]
    else:
        names = [entry[0] for entry in compare.dump_pending(path + '.pending') if isinstance(entry, list)]
    return {name for name in names if names.count(name) > 1}


class Runner:
    """Runs histories in a folder of its own, on memory where the machine has /dev/shm."""

    def __init__(self, other):
        self.swift = SwiftHand()
        self.other = other
        self.root = tempfile.mkdtemp(prefix='dbrepl-broker-', dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)

    def close(self):
        self.other.close()
        shutil.rmtree(self.root)

    def hands(self, mode, history, seed):
        """Which hand does which step."""
        if mode == 'swift':
            return [self.swift] * len(history['steps'])
        turns = random.Random('%s/turns' % seed)
        chosen = [self.other if mode == 'ours' or turns.random() < 0.5 else self.swift for _ in history['steps']]
        return [self.swift if step['op'] in ALWAYS_SWIFT else hand for step, hand in zip(history['steps'], chosen)]

    def run(self, history, mode, seed, every_step=False):
        """(results, dumps): masked results of all steps; the dump at the end, or one after every step."""
        folder = os.path.join(self.root, 'sda1', history['kind'] + 's', '5', DATABASE[-3:], DATABASE)
        path = os.path.join(folder, DATABASE + '.db')
        os.makedirs(folder)
        results, dumps = [], []
        try:
            if history['start'] != 'new':
                legacy_schemas.create(path, history)
            for step, hand in zip(history['steps'], self.hands(mode, history, seed)):
                before = compare.account_rows(path) if self.watches_rows(history, step, hand) else None
                repeated = names_given_twice(step, path) if before else ()
                answer = hand.run(history, path, step)
                results.append(compare.mask_result(step, history, answer))
                if before:
                    broken = compare.check_law_of_rows(before, compare.account_rows(path), repeated)
                    if broken:
                        results[-1] = broken
                if every_step:
                    dumps.append(compare.dump(path, history))
            if not every_step:
                dumps.append(compare.dump(path, history))
        finally:
            shutil.rmtree(os.path.join(self.root, 'sda1'))
        return results, dumps

    def watches_rows(self, history, step, hand):
        return compare.keeps_rows(history) and history['start'] == 'new' and hand.keeps_rows and \
            step['op'] in ('merge_items', 'commit_pending')

    def differs(self, history, mode, seed):
        """A line of text when the mode's outcome is not Swift's."""
        expected, found = self.run(history, 'swift', seed), self.run(history, mode, seed)
        return compare.difference(list(expected), list(found))

    def explain(self, history, mode, seed):
        """The first step after which something differs, and what."""
        expected, found = self.run(history, 'swift', seed, True), self.run(history, mode, seed, True)
        hands = self.hands(mode, history, seed)
        for number, step in enumerate(history['steps']):
            for what, index in (('answer', 0), ('database', 1)):
                line = compare.difference(expected[index][number], found[index][number], what)
                if line:
                    return number, 'step %d, %s by %s: %s (Swift first)' % (number, step['op'], hands[number].name, line)
        return len(history['steps']) - 1, 'no step alone differs; the end does'

    def shrink(self, history, mode, seed):
        """The history without the steps (and the items of merges) that the difference does not need."""
        def without(steps):
            return dict(history, steps=steps)
        number, _ = self.explain(history, mode, seed)
        best = history['steps'][:number + 1]
        if not self.differs(without(best), mode, seed):
            return history
        for index in range(len(best) - 2, -1, -1):
            shorter = best[:index] + best[index + 1:]
            if best[index]['op'] != 'create' and self.differs(without(shorter), mode, seed):
                best = shorter
        for index, step in enumerate(best):
            for key in ('items', 'ranges', 'points'):
                for item in list(step.get(key, ())):
                    smaller = dict(best[index], **{key: [kept for kept in best[index][key] if kept is not item]})
                    candidate = best[:index] + [smaller] + best[index + 1:]
                    if self.differs(without(candidate), mode, seed):
                        best = candidate
        return without(best)
