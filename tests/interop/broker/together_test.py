"""Swift's processes and ours at work on the same databases at the same time: nothing is lost, nobody is turned away.

Two Swift processes put and delete rows as its servers do (pending file, commits, direct merges); two of ours read,
merge a peer's rows, reclaim and commit pending. Whatever was acknowledged must be there at the end, the sums must
follow from the rows, and no caller may see an error. Environment: DBREPL_SEED, DBREPL_SECONDS (default 60).
"""
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time

from interop import swift_env
from interop.broker import integrity
from interop.broker.our_hand import OurHand
from interop.broker.swift_hand import SwiftHand, open_broker

NOW = 1700000000.0
OLD = NOW - 1000000  # tombstones of this age may be reclaimed at any time
HISTORIES = {kind: {'kind': kind, 'account': 'a', 'container': 'c' if kind == 'container' else None}
             for kind in ('container', 'account')}


def stamp(seconds):
    return '%016.5f' % seconds


def make_row(kind, name, at, deleted, row_id=None):
    if kind == 'container':
        row = {'name': name, 'created_at': stamp(at), 'size': 0 if deleted else 3, 'content_type': 'text/plain', 'etag': 'e',
               'deleted': deleted, 'storage_policy_index': 0, 'ctype_timestamp': None, 'meta_timestamp': None}
    else:
        row = {'name': name, 'put_timestamp': stamp(at - 1 if deleted else at), 'delete_timestamp': stamp(at) if deleted else '0',
               'object_count': 0 if deleted else 2, 'bytes_used': 0 if deleted else 20, 'deleted': deleted,
               'storage_policy_index': 0}
    return dict(row, ROWID=row_id) if row_id else row


def worker(number, seed, paths, deadline, results):
    """One process; even numbers are Swift's, odd ones ours. Sends what was acknowledged: {(kind, name): (at, deleted)}."""
    ours = number % 2 == 1
    hand = OurHand() if ours else SwiftHand()
    choose = random.Random('%s/%d' % (seed, number))
    done, turn, errors, slowest = {}, 0, [], 0.0

    def run(kind, op, **arguments):
        nonlocal slowest
        started = time.monotonic()
        answer = hand.run(HISTORIES[kind], paths[kind], dict(arguments, op=op, now=NOW))
        slowest = max(slowest, time.monotonic() - started)
        if 'error' in answer:
            errors.append('%s %s: %s' % (hand.name, op, answer['error']))

    def put(kind, names, deleted, old, merge):
        at = (OLD if old else NOW) + turn / 1000 + (0.0005 if deleted else 0)
        rows = [make_row(kind, name, at, deleted, turn * 100 + index + 1 if ours else None) for index, name in enumerate(names)]
        if merge:
            run(kind, 'merge_items', items=rows, source='peer-%d' % number if ours else None)
        else:
            for row in rows:
                run(kind, 'put_record', record=row)
        done.update({(kind, name): (at, deleted) for name in names})

    while time.monotonic() < deadline and not errors:
        turn += 1
        kind = choose.choice(['container', 'container', 'account'])
        names = ['%d-%d-%d' % (number, turn, index) for index in range(choose.choice([1, 3, 20]))]
        put(kind, names, deleted=0, old=choose.random() < 0.3, merge=choose.random() < (0.8 if ours else 0.2))
        if done and choose.random() < 0.3:  # delete one of one's own, an old row with an old tombstone
            victim_kind, victim = choose.choice(list(done)[-200:])
            was_old = done[victim_kind, victim][0] < NOW - 1
            # Behind its row through the pending file where the order counts: an old tombstone may be reclaimed at once, and
            # in accounts the counts of the last merged record win.
            direct = victim_kind == 'container' and not was_old and choose.random() < 0.5
            put(victim_kind, [victim], deleted=1, old=was_old, merge=direct)
        if ours or choose.random() < 0.1:
            step(run, kind, number, turn, choose)
    hand.close()
    results.put((number, turn, done, errors, slowest))


def step(run, kind, number, turn, choose):
    """One of the other things a daemon does with a database."""
    op, arguments = choose.choice([
        ('replication_info', {}), ('items_since', {'start': turn, 'count': 100}), ('commit_pending', {}), ('is_deleted', {}),
        ('reclaim', {'age': NOW - 1000, 'sync_age': 5.0}), ('get_syncs', {'incoming': True}),
        ('update_metadata', {'metadata': {'X-Meta-%d' % number: [str(turn), stamp(NOW + turn)]}}),
        ('merge_timestamps', {'created_at': stamp(NOW), 'put_timestamp': stamp(NOW + turn), 'delete_timestamp': '0'})])
    run(kind, op, **arguments)


def check(kind, path, done):
    """Lines of text about what is wrong with a database after everybody has gone."""
    found = integrity.problems(path, kind)
    if os.path.exists(path + '.pending') and os.path.getsize(path + '.pending'):
        found.append('%d bytes of pending entries are left' % os.path.getsize(path + '.pending'))
    broker = open_broker(HISTORIES[kind], path)
    rows = {row['name']: row for row in broker.get_items_since(-1, 10 ** 9)}
    for (row_kind, name), (at, deleted) in done.items():
        if row_kind != kind:
            continue
        row = rows.get(name)
        if row is None and not (deleted and at < NOW - 1000):
            found.append('row %s is lost' % name)
        elif row is not None and row['deleted'] != deleted:
            found.append('row %s: deleted is %d, not %d' % (name, row['deleted'], deleted))
    return found


def main():
    seed = swift_env.seed()
    seconds = float(os.environ.get('DBREPL_SECONDS') or 60)
    root = tempfile.mkdtemp(prefix='dbrepl-together-')
    paths = {kind: os.path.join(root, 'sda1', kind + 's', '5', 'abc', 'f' * 29 + 'abc', 'f' * 29 + 'abc.db') for kind in HISTORIES}
    for kind, path in paths.items():
        SwiftHand().run(HISTORIES[kind], path, {'op': 'create', 'now': NOW, 'put_timestamp': stamp(NOW), 'policy': 0})
    results, deadline = multiprocessing.Queue(), time.monotonic() + seconds
    workers = [multiprocessing.Process(target=worker, args=(number, seed, paths, deadline, results)) for number in range(4)]
    for process in workers:
        process.start()
    outcomes = sorted((results.get(timeout=seconds + 90) for _ in workers), key=lambda outcome: outcome[0])
    for process in workers:
        process.join()
    done, wrong = {}, []
    for number, turns, acknowledged, errors, slowest in outcomes:
        print('process %d (%s): %d turns, %d rows, slowest call %.2f s'
              % (number, 'ours' if number % 2 else 'Swift', turns, len(acknowledged), slowest))
        wrong += errors + ([] if acknowledged else ['process %d did nothing' % number])
        done.update(acknowledged)
    ours = OurHand()
    for kind, path in paths.items():
        answer = ours.run(HISTORIES[kind], path, {'op': 'commit_pending', 'now': NOW})
        wrong += [answer['error']] if 'error' in answer else []
        wrong += [kind + ': ' + line for line in check(kind, path, done)]
    ours.close()
    if wrong:
        sys.exit('\n'.join(['FAILED (databases are in %s)' % root] + wrong[:20]))
    shutil.rmtree(root)
    print('%d rows by four processes in %.0f s: none lost, no error, nothing pending' % (len(done), seconds))


if __name__ == '__main__':
    main()
