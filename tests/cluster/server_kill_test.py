"""kill -9 while a replication server merges rows, sync points and whole files: what was acknowledged is there, every
database is sound, and nothing that is left behind stands in the way of the next server.

Environment: DBREPL_SEED; DBREPL_KILLS (default 120; under a sanitizer 15).
"""
import contextlib
import hashlib
import http.client
import itertools
import json
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
import uuid

from interop import swift_env
from interop.server.node import Cluster, free_port, wait_until
from swift.common.utils import Timestamp
from swift.container.backend import ContainerBroker

KILLS = int(os.environ.get('DBREPL_KILLS') or (15 if os.environ.get('DBREPL_SANITIZE') else 120))
KILLS_A_DATABASE = 12  # then new ones: rsync_then_merge copies all rows
LATEST_KILLS = [0.03, 0.25]  # seconds after the first answers: among small requests, within the large one
BULK_ROWS, BULK_TYPE = 3000, 'a/' + 1200 * 'b'  # more than SQLite keeps in memory: the file is half written for long
PREFIX, SUFFIX = 'pre', 'suf'
ROW = {'created_at': '1700000001.00000', 'size': 1, 'content_type': 'a/b', 'etag': 'e', 'deleted': 0, 'storage_policy_index': 0}
IN_TMP = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.received(-journal)?)?')


class Database:
    """One container of the server's device, and what must be in it."""

    def __init__(self, device, template, name):
        self.device, self.template, self.name = device, template, name
        self.hash = swift_hash(name)
        self.path = f'{device}/containers/5/{self.hash[-3:]}/{self.hash}/{self.hash}.db'
        self.target = f'/sda/5/{self.hash}'
        self.rows, self.points = set(), {}

    def create(self):
        os.makedirs(os.path.dirname(self.path))
        self.copy_template(self.path, str(uuid.uuid4()), None)

    def land(self, row):
        """A replica with this one row as rsync would leave it in tmp; its id."""
        database_id = str(uuid.uuid4())
        self.copy_template(f'{self.device}/tmp/{database_id}', database_id, row)
        return database_id

    def copy_template(self, path, database_id, row):
        shutil.copy(self.template, path + '.part')
        with contextlib.closing(sqlite3.connect(path + '.part')) as connection:
            connection.create_function('chexor', 3, lambda *_: '0' * 32)  # nobody compares these hashes
            connection.execute('PRAGMA synchronous = OFF')
            connection.execute('UPDATE container_info SET container = ?, id = ?', (self.name, database_id))
            if row:
                connection.execute('INSERT INTO object (name, created_at, size, content_type, etag, deleted) VALUES (?, ?, 1, ?, ?, 0)',
                                   (row, ROW['created_at'], 'a/b', 'e'))
            connection.commit()
        os.rename(path + '.part', path)

    def check(self):
        if not os.path.exists(self.path):
            assert not self.rows and not self.points, f'{self.path} was acknowledged and is not there'
            return
        with contextlib.closing(sqlite3.connect(self.path, timeout=30)) as connection:
            found = connection.execute('PRAGMA quick_check').fetchone()[0]
            assert found == 'ok', f'{self.path}: {found}'
            names = {row[0] for row in connection.execute('SELECT name FROM object')}
            points = dict(connection.execute('SELECT remote_id, sync_point FROM incoming_sync'))
        lost = self.rows - names
        assert not lost, f'{len(lost)} acknowledged rows are not in {self.path}, such as {sorted(lost)[:3]}'
        for remote, point in self.points.items():
            assert points.get(remote, -1) >= point, f'{remote} is at {points.get(remote)}, not {point}, in {self.path}'
        allowed = {self.hash + suffix for suffix in ('.db', '.db-journal', '.db.pending')} | {'.lock'}
        left = set(os.listdir(os.path.dirname(self.path))) - allowed
        assert not left, f'left beside {self.path}: {left}'


def swift_hash(name):
    return hashlib.md5(f'{PREFIX}/a/{name}{SUFFIX}'.encode(), usedforsecurity=False).hexdigest()


class Writer(threading.Thread):
    """One kind of request after the other until the server is gone. `step` sends and, when answered, remembers."""

    def __init__(self, port, step):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
        self.step, self.answered, self.problem = step, threading.Event(), None
        self.start()

    def run(self):
        try:
            while True:
                self.step(self.ask)
                self.answered.set()
        except (OSError, http.client.HTTPException):
            pass  # it was killed
        except AssertionError as problem:
            self.problem = problem
        self.answered.set()

    def ask(self, target, operation, *expected):
        body = operation if isinstance(operation, str) else json.dumps(operation)
        self.connection.request('REPLICATE', target, body)
        response = self.connection.getresponse()
        body = response.read()
        assert response.status in expected, f'{response.status} to {str(operation)[:100]}: {body[:300]}'
        return response.status


class Work:
    """What the writers of all rounds do, and to which databases."""

    def __init__(self, device, template):
        self.device, self.template, self.numbers = device, template, itertools.count(1)
        self.databases, self.completing = [], None
        self.bulk, self.bulk_time = self.database(), ''
        self.bulk.create()
        rows = [dict(ROW, name=hashlib.sha1(b'%d' % index).hexdigest(), created_at='TIME', content_type=BULK_TYPE, ROWID=index + 1)
                for index in range(BULK_ROWS)]
        self.bulk_body = json.dumps(['merge_items', rows, 'peer'])
        self.new_pair()

    def new_pair(self):
        self.merged, self.synced = self.database(), self.database()
        self.merged.create()
        self.synced.create()

    def replace_rows(self, ask):
        """The same rows, all newer: all of it counts or nothing."""
        now = '%010d.00000' % (1700000000 + next(self.numbers))
        ask(self.bulk.target, self.bulk_body.replace('TIME', now), 202)
        self.bulk_time = now

    def check_bulk(self):
        with contextlib.closing(sqlite3.connect(self.bulk.path, timeout=30)) as connection:
            first, last, count = connection.execute('SELECT min(created_at), max(created_at), count(*) FROM object').fetchone()
        if count == 0 and not self.bulk_time:
            return
        assert first == last and count == BULK_ROWS, f'{count} rows from {first} to {last} in {self.bulk.path}'
        assert last >= self.bulk_time, f'{self.bulk_time} was acknowledged, but the rows of {last} are in {self.bulk.path}'

    def database(self):
        self.databases.append(Database(self.device, self.template, f'c{len(self.databases)}'))
        return self.databases[-1]

    def merge_items(self, ask):
        number = next(self.numbers)
        names = [f'item-{number}-{index}' for index in range(5)]
        ask(self.merged.target, ['merge_items', [dict(ROW, name=name, ROWID=1) for name in names], 'peer'], 202)
        self.merged.rows.update(names)

    def merge_syncs(self, ask):
        remote, point = 'remote', self.synced.points.get('remote', 0) + 1
        ask(self.synced.target, ['merge_syncs', [{'remote_id': remote, 'sync_point': point}]], 202)
        self.synced.points[remote] = point

    def complete_rsync(self, ask):
        # The one that a kill interrupted comes again: it is there whole, or can be sent anew.
        again = self.completing is not None
        self.completing = self.completing or self.database()
        status = ask(self.completing.target, ['complete_rsync', self.completing.land('whole'), self.completing.hash + '.db'],
                     204, *[404] * again)
        assert status == 204 or os.path.exists(self.completing.path), 'refused, and it is not there'
        self.completing.rows.add('whole')
        self.completing = None

    def rsync_then_merge(self, ask):
        row = f'merged-{uuid.uuid4()}'
        ask(self.merged.target, ['rsync_then_merge', self.merged.land(row), self.merged.hash + '.db'], 204)
        self.merged.rows.add(row)

    def steps(self):
        return [self.merge_items, self.replace_rows, self.merge_syncs, self.complete_rsync, self.rsync_then_merge]

    def check(self, databases):
        for database in [self.bulk, *databases]:
            database.check()
        self.check_bulk()
        odd = [name for name in os.listdir(f'{self.device}/tmp') if not IN_TMP.fullmatch(name)]
        assert not odd, f'left in tmp: {odd}'


def make_template(path):
    ContainerBroker(path, account='a', container='template').initialize(Timestamp(1700000000).internal, 0)


def kill_once(cluster, conf, port, work, choose, steps_to_see):
    server = cluster.start_ours('container', conf, port)
    writers = [Writer(port, step) for step in work.steps()]
    for step in steps_to_see:
        assert writers[work.steps().index(step)].answered.wait(60), f'no answer to {step.__name__} within 60 s'
    time.sleep(choose.random() * choose.choice(LATEST_KILLS))
    Cluster.kill(server)
    for writer in writers:
        writer.join(60)
        if writer.problem:
            raise writer.problem
    # The worker dies with its group, but perhaps a moment later than the supervisor that was waited for.
    wait_until(lambda: not processes_of(server.pid), 'the worker is gone')


def processes_of(session):
    found = []
    for entry in os.listdir('/proc'):
        with contextlib.suppress(OSError, ValueError):
            with open(f'/proc/{int(entry)}/stat', encoding='ascii', errors='replace') as stat:
                fields = stat.read().rpartition(')')[2].split()
            if int(fields[3]) == session and fields[0] != 'Z':
                found.append(entry)
    return found


def main():
    choose = random.Random(swift_env.seed())
    if os.access('/dev/shm', os.W_OK):
        tempfile.tempdir = '/dev/shm'
    began = time.monotonic()
    with Cluster() as cluster:
        port = free_port()
        conf = cluster.write_conf('server.conf', 'container', port, workers=2)
        device = f'{cluster.root}/devices/sda'
        os.makedirs(f'{device}/tmp')
        make_template(f'{cluster.root}/template.db')
        work = Work(device, f'{cluster.root}/template.db')
        for kill in range(KILLS):
            if kill % KILLS_A_DATABASE == 0 and kill > 0:
                work.new_pair()
            # Mostly before the bulk of rows is merged, and often enough after it.
            steps = [step for step in work.steps() if step != work.replace_rows or kill % 4 == 0]
            kill_once(cluster, conf, port, work, choose, steps)
            # Half of the time the next server is the first to see what this one left.
            if choose.random() < 0.5:
                work.check(work.databases[-8:] + [work.merged, work.synced])
        work.check(work.databases)
        rows = sum(len(database.rows) for database in work.databases)
        print(f'{KILLS} kills in {time.monotonic() - began:.0f} s: {rows} rows in {len(work.databases)} databases acknowledged, '
              f'all there; {len(os.listdir(device + "/tmp"))} files left in tmp')


if __name__ == '__main__':
    try:
        main()
    except AssertionError as problem:
        sys.exit(f'FAILED: {problem}')
