"""kill -9 at random moments: what was acknowledged is there, what was not is there whole or not at all.

broker_probe gets a stream of requests and is killed while it works on them; then the database must open, pass
SQLite's integrity check, have sums that follow from its rows, and hold everything whose answer was read.
Environment: DBREPL_SEED, DBREPL_KILLS (default 500).
"""
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from interop import swift_env
from interop.broker import integrity
from interop.broker.swift_hand import SwiftHand

NOW = 1700000000.0
HISTORY = {'kind': 'container', 'account': 'a', 'container': 'c'}
BATCH = 40
NAME = 'f' * 29 + 'abc'


def stamp(seconds):
    return '%016.5f' % seconds


def rows(first, deleted):
    return [{'name': 'o%06d' % (first + index), 'created_at': stamp(NOW - first - index), 'size': 1, 'content_type': 'a/b', 'etag': 'e',
             'deleted': deleted, 'storage_policy_index': 0, 'ROWID': first + index + 1} for index in range(BATCH)]


class Scenario:
    """One kind of work on one database that lives through all its kills.

    `done` operations were acknowledged. The one after them may have taken effect or not; it is sent again.
    """

    def __init__(self, root):
        self.root = os.path.join(root, type(self).__name__)
        self.path = self.path_of(0)
        self.done = 0
        SwiftHand().run(HISTORY, self.path, {'op': 'create', 'now': NOW, 'put_timestamp': stamp(NOW), 'policy': 0})

    def path_of(self, number):
        return os.path.join(self.root, 'sda1', 'containers', str(number), 'abc', NAME, NAME + '.db')

    def request(self, number):
        return dict(self.operation(number), path=self.path)

    def problems(self):
        return integrity.problems(self.path) + self.own_problems()

    def query(self, sql):
        connection = sqlite3.connect(self.path, timeout=30)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


class Merge(Scenario):
    """Batches of new rows with a source: all of a batch or nothing, and the sync point with it."""

    def operation(self, number):
        return {'op': 'merge_items', 'items': rows(number * BATCH, 0), 'source': 'peer'}

    def own_problems(self):
        count, = self.query('SELECT count(*) FROM object')[0]
        point = self.query("SELECT max(sync_point) FROM incoming_sync WHERE remote_id = 'peer'")[0][0] or 0
        found = [] if count in (self.done * BATCH, (self.done + 1) * BATCH) else \
            ['%d rows after %d acknowledged batches' % (count, self.done)]
        return found + ([] if point == count else ['sync point %d, rows %d' % (point, count)])


class Pending(Scenario):
    """Puts into the pending file and commits of it. The file is not synced, but survives the death of a process."""

    def operation(self, number):
        if number % 7 == 6:
            return {'op': 'commit_pending'}
        return {'op': 'put_record', 'record': dict(rows(number, 0)[0], ctype_timestamp=None, meta_timestamp=None)}

    def own_problems(self):
        answer = SwiftHand().run(HISTORY, self.path, {'op': 'items_since', 'now': NOW, 'start': -1, 'count': 10 ** 9})
        names = {row['name'] for row in answer['result']}
        return ['row %d is lost' % number for number in range(self.done)
                if number % 7 != 6 and 'o%06d' % number not in names][:3]


class NewId(Scenario):
    """New ids, each received from another sender, whose sync point must come with it."""

    def operation(self, number):
        return {'op': 'newid', 'remote_id': 'sender-%d' % number}

    def own_problems(self):
        known = {int(remote.split('-')[1]) for remote, in self.query('SELECT remote_id FROM incoming_sync')}
        return [] if known in (set(range(self.done)), set(range(self.done + 1))) else \
            ['%d sync points after %d acknowledged newids' % (len(known), self.done)]


class Create(Scenario):
    """Databases: none or whole ones."""

    def request(self, number):
        return {'op': 'create', 'put_timestamp': stamp(NOW), 'policy': 1, 'path': self.path_of(number + 1)}

    def problems(self):
        found = []
        for number in range(max(0, self.done - 5), self.done + 1):
            path = self.path_of(number + 1)
            if os.path.exists(path):
                info = SwiftHand().run(HISTORY, path, {'op': 'replication_info', 'now': NOW})
                found += integrity.problems(path) + ([info['error']] if 'error' in info else [])
            elif number < self.done:
                found.append('database %d was acknowledged and is not there' % number)
        return found


class Reclaim(Scenario):
    """Tombstones come and are reclaimed, while live rows stay."""

    def operation(self, number):
        if number % 3 == 2:
            return {'op': 'reclaim', 'age': NOW + 1, 'sync_age': 5.0}
        return {'op': 'merge_items', 'items': rows(number * BATCH, number % 3), 'source': None}

    def own_problems(self):
        live, dead = (self.query('SELECT count(*) FROM object WHERE deleted = %d' % deleted)[0][0] for deleted in (0, 1))
        lives, deads = ({self.counts(done)[which] for done in (self.done, self.done + 1)} for which in (0, 1))
        return ([] if live in lives else ['%d live rows, not %s' % (live, lives)]) + \
            ([] if dead in deads else ['%d tombstones, not %s' % (dead, deads)])

    @staticmethod
    def counts(done):
        return BATCH * ((done + 2) // 3), BATCH * (done % 3 == 2)


def feed(probe, lines):
    try:
        probe.stdin.write(b''.join(lines))
        probe.stdin.flush()
    except BrokenPipeError:
        pass  # it was killed, as intended


def kill_once(scenario, moment, ahead=150):
    """Sends requests, kills the probe `moment` seconds after its first answer, counts what it acknowledged."""
    lines = [json.dumps(dict(HISTORY, now=NOW, **scenario.request(number))).encode() + b'\n'
             for number in range(scenario.done, scenario.done + ahead)]
    probe = subprocess.Popen([swift_env.program('broker_probe')], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    feeder = threading.Thread(target=feed, args=(probe, lines))
    feeder.start()
    answers = [probe.stdout.readline()]
    time.sleep(moment)
    probe.kill()
    answers += probe.stdout.read().splitlines(keepends=True)
    probe.wait()
    feeder.join()
    probe.stdout.close()
    whole = [json.loads(answer) for answer in answers if answer.endswith(b'\n')]
    for number, answer in enumerate(whole):
        # The operation that was under way at the last kill may have taken effect.
        if 'error' in answer and not (number == 0 and answer['error'].startswith('exists')):
            sys.exit('refused: %s' % answer['error'])
    scenario.done += len(whole)


def main():
    seed = swift_env.seed()
    choose = random.Random(seed)
    kills = int(os.environ.get('DBREPL_KILLS') or 500)
    root = tempfile.mkdtemp(prefix='dbrepl-kill-', dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)
    scenarios = [make(root) for make in (Merge, Pending, NewId, Create, Reclaim)]
    started = time.monotonic()
    for number in range(kills):
        scenario = scenarios[number % len(scenarios)]
        kill_once(scenario, choose.choice([0, 0.001, 0.005, 0.02]) * choose.random() * 2)
        problems = scenario.problems()
        if problems:
            sys.exit('FAILED: kill %d, %s, %d operations done: %s (database in %s)'
                     % (number, type(scenario).__name__, scenario.done, '; '.join(problems), root))
    shutil.rmtree(root)
    print('%d kills in %.0f s: %s operations acknowledged, all there, all databases sound'
          % (kills, time.monotonic() - started, [scenario.done for scenario in scenarios]))


if __name__ == '__main__':
    main()
