"""Runs the same world under Swift alone and under every mix, pass by pass, and says where a mix differs."""
import copy
import os
import sys

from cluster.events import Event
from cluster.mixed_cluster import ALL_SWIFT, MIXES, UNDER_SANITIZERS
from cluster.snapshot import snapshot, swift_opens_all, tree
from cluster.world import NODES
from interop import swift_env

MAX_ROUNDS = 5
COUNTERS = ('attempted', 'success', 'failure', 'no_change', 'hashmatch', 'diff', 'diff_capped', 'rsync', 'remote_merge',
            'remove', 'deferred')
AS_WITH_SWIFT = ('attempted', 'remove')
NO_MORE_THAN_SWIFT = ('failure', 'diff_capped', 'rsync', 'remote_merge', 'deferred')


class Run:
    """What came of one cluster: `passes` by (round, node), and what lies on the devices at the end."""

    def __init__(self, mix):
        self.mix, self.passes = mix, {}
        self.rounds_needed, self.rounds_run, self.unsettled = None, 0, []

    def total(self, counter):
        """Without the failures that hang on how long Swift's replicator waits for a merge of files."""
        return sum(done.counters[counter] - (done.merges_given_up() if counter == 'failure' else 0)
                   for done in self.passes.values())


def run(world, mix, event, rounds=None, at_least=0):
    """So many rounds, or without a number as many as Swift needs until every scenario has ended as it must (but at least so
    many), and one more, in which nothing is left to do."""
    result = Run(mix)
    with event.cluster(world, mix) as cluster:
        for number in range(1, (rounds or MAX_ROUNDS + 1) + 1):
            event.before_round(cluster, number)
            for node in NODES:
                if node not in event.resting(number):
                    result.passes[number, node] = cluster.replicate(node)
            result.rounds_run = number
            if not rounds and result.rounds_needed and number > at_least:
                break
            if result.rounds_needed is None and number >= event.over_in_round:
                result.unsettled = unsettled(world, snapshot(cluster))
                result.rounds_needed = None if result.unsettled else number
        result.snapshot, result.tree = snapshot(cluster), tree(cluster)
        result.opened = swift_opens_all(cluster)
        result.leftovers = [line for line in result.tree if '/tmp/' in line and not line.endswith('/')]
    return result


def unsettled(world, found):
    """[scenario: what is still to come]"""
    return [f'{name}: {problem}' for name in found if (problem := unfinished(world, name, found[name]))]


def unfinished(world, name, databases):
    how = getattr(world.scenarios[name], 'ends', 'equal') if name in world.scenarios else 'open'
    if how == 'open':
        return None
    if how == 'gone':
        return f'still on {sorted(databases)}' if databases else None
    primaries = sorted(f'node{node}' for node in world.places[name].nodes[:3])
    if sorted(databases) != primaries:
        return f'on {sorted(databases)}, belongs on {primaries}'
    # Swift does not carry the word DELETED from one to the other; the timestamps say it as well.
    kept = [{key: value for key, value in database.items() if key not in ('points', 'stat', 'check', 'status', 'received')}
            for database in databases.values()]
    if any(database['pending'] for database in kept):
        return 'records wait in pending files'
    if how == 'equal' and (kept[0] != kept[1] or kept[0] != kept[2]):
        return 'replicas differ: %s' % first_difference(kept[0], kept[1] if kept[0] != kept[1] else kept[2])
    stats = [[database['stat'][key] for key in ('hash', 'created_at', 'put_timestamp', 'delete_timestamp')]
             for database in databases.values()]
    return f'stat rows differ: {stats}' if stats[0] != stats[1] or stats[0] != stats[2] else None


def first_difference(one, other, path=''):
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(set(one) | set(other), key=str):
            if one.get(key) != other.get(key):
                return first_difference(one.get(key), other.get(key), f'{path}/{key}')
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        only = [[item for item in items if item not in others] for items, others in ((one, other), (other, one))]
        return f'{path}: {only[0][:6]} != {only[1][:6]}'
    return f'{path}: {one!r} != {other!r}'


def differences(expected, found, counted, event, rounds):
    """Lines that say where a run differs from Swift's; none when it is as good."""
    lines = []
    for name, databases in expected.snapshot.items():
        plain = points_of_old if counted else without_what_files_change
        databases, here = plain(databases, found.snapshot[name])
        if databases != here:
            lines.append(f'{name}: {first_difference(databases, here)}')
    if expected.tree != found.tree:
        lines.append(f'files: {first_difference(expected.tree, found.tree)}')
    allowed = max(rounds, expected.rounds_needed)
    if found.rounds_needed is None or found.rounds_needed > allowed:
        lines.append(f'Swift alone was done in {expected.rounds_needed} rounds, this after {found.rounds_needed}: '
                     f'{found.unsettled}')
    return lines + (other_counters(expected, found, counted, event) if counted else worse_counters(expected, found))


def without_what_files_change(expected, found):
    """Without what depends on ROWIDs: ours pass over those that a Swift server has taken for them after a merge of files. Accounts'
    ROWIDs grow faster with Swift, so that a replica may look far behind and get a file where ours gets the rows; not the other
    way round. And an account's receiver in Swift forgets its own created_at for the sender's: ours keeps the earlier."""
    expected, found = copy.deepcopy((expected, found))
    for contents in (contents for databases in (expected, found) for contents in databases.values()):
        contents.pop('points', None)
        contents.get('stat', {}).pop('reconciler_sync_point', None)
    for swift, here in ((expected[node], found[node]) for node in set(expected) & set(found)):
        if swift.get('received'):
            swift['received'] = here.get('received')
        stats = [side.get('stat', {}) for side in (swift, here)]
        if stats[1].get('created_at', '') < stats[0].get('created_at', ''):
            stats[0]['created_at'] = stats[1]['created_at']
    return expected, found


def points_of_old(*sides):
    """Points between databases that have been there from the beginning. About a file that was sent whole, ours note on both
    sides who has its rows; Swift sends them all back, and some on to the third."""
    sides = copy.deepcopy(sides)
    for contents in (contents for databases in sides for contents in databases.values()):
        for table, points in contents.get('points', {}).items():
            contents['points'][table] = [point for point in points if not contents['received'] and
                                         not point[0].startswith('new') and point[0] != 'gone']
    return sides


def other_counters(expected, found, counted, event):
    lines = []
    for (number, node), done in expected.passes.items():
        other = found.passes[number, node]
        swift, here = ((summed(done.counters), summed(other.counters)) if counted == 'in sums' else
                       (done.counters, other.counters))
        for counter in event.may_be_less(number):
            swift[counter] = min(swift[counter], here[counter])
        leave_to_chance(event.met_by_chance, swift, here)
        if swift != here:
            lines.append(f'recon after round {number}, node {node}: ' + ', '.join(
                f'{counter} {swift[counter]} != {here.get(counter)}' for counter in swift
                if swift[counter] != here.get(counter)))
        sent, sent_here = [[line for line in each.rsyncs if not any(digest in line for digest in event.met_by_chance)]
                           for each in (done, other)]
        if sent != sent_here:
            lines.append(f'rsync in round {number}, node {node}: {first_difference(sent, sent_here)}')
    return lines


def leave_to_chance(databases, swift, here):
    """Of these databases one or another may be visited in one pass and not in the other: two peers are asked, three by a handoff,
    and each is sent a file or rows, or in sync. Takes over such numbers into `swift`; all else is still to be equal."""
    if not databases:
        return
    ways = ('rsync', 'no_change + diff')
    visits, successes = [here[counter] - swift[counter] for counter in ('attempted', 'success')]
    if (abs(visits) <= len(databases) and abs(successes - 2 * visits) <= len(databases) and
            successes == sum(here[way] - swift[way] for way in ways)):
        swift.update({counter: here[counter] for counter in ('attempted', 'success') + ways})


def summed(counters):
    """Who has had a file that has changed since need not be sent rows that he has."""
    kept = dict(counters)
    kept['no_change + diff'] = kept.pop('no_change') + kept.pop('diff')
    return kept


def worse_counters(expected, found):
    """Of all passes together: nothing fails more often than with Swift, no file is sent more often."""
    return [f'{counter}: {swift}, here {here}' for counter in AS_WITH_SWIFT + NO_MORE_THAN_SWIFT
            for swift, here in [(expected.total(counter), found.total(counter))]
            if here > swift or (counter in AS_WITH_SWIFT and here < swift)]


def mixes():
    """All; with DBREPL_MIX=name that one; under a sanitizer two, for it is our programs that it watches."""
    if os.environ.get('DBREPL_MIX'):
        return [mix for mix in MIXES if mix.name == os.environ['DBREPL_MIX']]
    return UNDER_SANITIZERS if os.environ.get('DBREPL_SANITIZE') else MIXES


def check(world, event=None, counted=True, among=None):
    """The whole comparison; ends the test with every difference there is. `counted`: True, 'in sums' (see summed) or False
    (see worse_counters). `among`: only mixes of these names."""
    event = event or Event()
    # Where counters cannot be compared, the order of a pass, which is random, may decide between one round and two.
    rounds = 0 if counted else 2
    expected = run(world, ALL_SWIFT, event, at_least=rounds - 1)
    if expected.rounds_needed is None:
        sys.exit(f'Swift alone did not get there in {MAX_ROUNDS} rounds; the test is wrong: {expected.unsettled}')
    show(expected)
    failed = []
    for mix in mixes():
        if among and mix.name not in among:
            continue
        found = run(world, mix, event, expected.rounds_run)
        show(found)
        failed += [f'{mix.name}: {line}' for line in differences(expected, found, counted, event, rounds) + event.demands(expected, found)]
    if failed:
        sys.exit('\n'.join(failed))
    print(f'{len(world.scenarios)} databases, {swift_env.SWIFT_VERSION} and ours: equal')


def show(result):
    print(f'{result.mix.name:18} settled after {result.rounds_needed} rounds; ' +
          ' '.join(f'{counter}:{result.total(counter)}' for counter in COUNTERS), flush=True)
