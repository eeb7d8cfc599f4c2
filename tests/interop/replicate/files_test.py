"""complete_rsync and rsync_then_merge to Swift's receiving half and to ours: the same answers, the same rows, and what
Swift forgets.

usage: files_test.py WORLDS      DBREPL_SEED and DBREPL_ONLY as in differential_test.py
"""
import collections
import json
import os
import shutil
import sys

from interop import swift_env
from interop.broker import compare, legacy_schemas
from interop.replicate.hands import OurReceiver, SwiftReceiver
from interop.replicate.world import World, stat_row


def database(world, name):
    """What is in the receiver's database, pending records included."""
    world.do(name, world.generator.step('commit_pending', {}))
    return compare.dump(world.path(name), world.history())


def ask_both(world, hands, request):
    world.generator.now += 1
    return [masked(hand.ask(world.target, request, world.now)) for hand in hands]


def masked(answer):
    """What Swift meets an exception over and we refuse is the same, whatever is said about it."""
    return ('refused', '', '') if answer[0] in (400, 500) else answer


def ours(world, sender_id):
    """Our receiver's database, without the note that Swift's does not make: what the sender has of it, at most its own rows."""
    dump = database(world, 'ours')
    tables_of_file = dump[world.hash + '.db']
    notes = [row for row in tables_of_file['rows of outgoing_sync'] if row['remote_id'] == sender_id]
    received = [row['sync_point'] for row in tables_of_file['rows of incoming_sync'] if row['remote_id'] == sender_id]
    for note in notes:
        assert note['sync_point'] <= received[0], (notes, received)
        tables_of_file['rows of outgoing_sync'].remove(note)
    return dump


def tables(dump, world, names):
    found = dump[world.hash + '.db']
    return {name: found.get('rows of ' + name) for name in names}


def check_complete(world, hands):
    world.make('sender', world.random.choice([0, 5, 12]))
    sender_id = world.land('sender')
    request = ['complete_rsync', sender_id] + ([world.hash + '.db'] if world.random.random() < 0.7 else [])
    answers = ask_both(world, hands, request)
    line = compare.difference(answers[0], answers[1], 'answer')
    if not line and answers[1][0] == 204:
        line = compare.difference(database(world, 'swift'), ours(world, sender_id), 'database')
    if not line and os.listdir(os.path.join(world.devices('ours'), 'sda', 'tmp')):
        line = 'something is left in tmp'
    again = ask_both(world, hands, request)
    return line or compare.difference(again[0], again[1], 'second answer'), request, answers


def check_merge(world, hands):
    world.make('swift', world.random.choice([1, 6]))
    world.copy('swift', 'sender')
    # The same container, grown apart; and the sender's file is a database of its own.
    world.do('sender', world.generator.step('newid', {'remote_id': stat_row(world.path('swift'))['id']}))
    world.change('sender', world.random.choice([0, 4, 10]))
    world.change('swift', world.random.choice([0, 4, 10]))
    world.do('swift', world.generator.step('commit_pending', {}))
    shutil.rmtree(world.devices('ours'), ignore_errors=True)
    world.copy('swift', 'ours')
    sender_id = world.land('sender')
    here, there = stat_row(world.path('swift')), stat_row(world.path('sender'))
    request = ['rsync_then_merge', sender_id, world.hash + '.db']
    answers = ask_both(world, hands, request)
    line = compare.difference(answers[0], answers[1], 'answer')
    if line or answers[1][0] != 204:
        return line, request, answers
    dumps = [database(world, 'swift'), ours(world, sender_id)]
    same = ['object', 'policy_stat', 'shard_range', 'outgoing_sync'] if world.kind == 'container' else ['container', 'outgoing_sync']
    rows = [tables(dump, world, same) for dump in dumps]
    for row in rows:  # a policy that was adopted gets its row; nothing else may differ
        row['policy_stat'] = [one for one in row.get('policy_stat') or [] if one['object_count'] or one['bytes_used']]
    line = compare.difference(rows[0], rows[1], 'rows')
    now = stat_row(world.path('ours'))
    swift_now = stat_row(world.path('swift'))
    expected = {'hash': swift_now['hash'], 'created_at': min(here['created_at'], there['created_at']),
                'put_timestamp': max(here['put_timestamp'], there['put_timestamp']),
                'delete_timestamp': max(here['delete_timestamp'], there['delete_timestamp'])}
    if 'metadata' in swift_now:
        expected['metadata'] = json.loads(swift_now['metadata'] or '{}')
        now['metadata'] = json.loads(now['metadata'] or '{}')
    line = line or compare.difference(expected, {key: now[key] for key in expected}, 'stat')
    if not line and now['status_changed_at'] < max(here['status_changed_at'], there['status_changed_at']):
        line = 'status_changed_at went back: %s' % now['status_changed_at']
    if not line and 'DELETED' in (here['status'], there['status']):
        deleted = here['status'] == there['status'] or now['delete_timestamp'] > now['put_timestamp']
        if (now['status'] == 'DELETED') != deleted:
            line = 'status %r of %r and %r' % (now['status'], here, there)
    return line or check_points(world, dumps, sender_id), request, answers


def check_points(world, dumps, sender_id):
    """Sync points as Swift's, but for the sender's own: the rows it sent, not those merged behind them."""
    points = [{row['remote_id']: row['sync_point'] for row in tables(dump, world, ['incoming_sync'])['incoming_sync']} for dump in dumps]
    swift_point, our_point = (point.pop(sender_id) for point in points)
    if world.kind == 'container':
        with_rows = compare.connect(world.path('sender'))
        last = with_rows.execute('SELECT max(ROWID) FROM object').fetchone()[0]
        with_rows.close()
        if our_point > swift_point or our_point < (-1 if last is None else last):
            return 'sync point for the sender: %s and %s, its last row is %s' % (swift_point, our_point, last)
    return compare.difference(points[0], points[1], 'incoming_sync')


def run(seed, number):
    kind = 'account' if number % 3 == 0 else 'container'
    generations = [name for of, name in legacy_schemas.ALL if of == kind]
    start = generations[number // 3 % len(generations)] if number % 5 == 1 else 'new'
    world = World('%s/%s/files' % (seed, number), kind, start)
    hands = []
    try:
        for name in ('swift', 'ours'):
            os.makedirs(os.path.join(world.devices(name), 'sda', 'tmp'))
        check = check_complete if number % 2 else check_merge
        if check is check_merge:
            shutil.rmtree(world.devices('swift'))
        hands = [SwiftReceiver(kind, world.devices('swift')), OurReceiver(kind, world.devices('ours'))]
        line, request, answers = check(world, hands)
        if line:
            return '%s from %s, %s -> %s: %s (Swift first); log %s' % (kind, start, request, answers, line[:2000], hands[1].log), None
        return None, (check.__name__, answers[1][0])
    finally:
        if len(hands) == 2:
            hands[1].close()
        world.close()


def main():
    counts = collections.Counter()

    def run_and_count(seed, number):
        problem, outcome = run(seed, number)
        counts[outcome] += 1
        return problem
    done = swift_env.run_numbered(run_and_count)
    print(dict(counts))
    if done >= 20 and not {('check_complete', 204), ('check_merge', 204)} <= set(counts):
        sys.exit('no file was published: the test has tested nothing')


if __name__ == '__main__':
    main()
