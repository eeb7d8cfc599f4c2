#!/usr/bin/env python3
"""The peak memory of a whole pass over many idle databases (BENCH_DATABASES, by default 100,000) of real size, that servers of
ours answer for. By hand: it takes 11 GB of disk (in TMPDIR) and some minutes.

usage: DBREPL_BIN=build/release/bin bench/many_databases.py
"""
import contextlib
import hashlib
import os
import shutil
import sqlite3
import sys
import tempfile

import measure
import replicator_world

DATABASES = int(os.environ.get('BENCH_DATABASES', '100000'))
GOAL_MB = 40
replicator_world.PART_POWER = 16


class World(replicator_world.World):
    """With two replicas: one peer each."""

    def make_ring(self, folder, ports):
        super().make_ring(folder, ports)
        builder = os.path.join(self.root, folder, 'container.builder')
        self.run('ring-builder', builder, 'set_replicas', '2')
        self.run('ring-builder', builder, 'rebalance', '--force', '--seed', 'bench')

    def template(self):
        """A database as our broker makes it: its name, its id, its bytes."""
        (name, hash_, partition, _), = self.names(1, True)
        self.make_databases([(name, hash_, partition, 0, self.rows(0, 10))])
        path = self.path(0, hash_, partition)
        with contextlib.closing(sqlite3.connect(path)) as connection:
            id_, = connection.execute('SELECT id FROM container_info').fetchone()
        with open(path, 'rb') as database:
            content = database.read()
        self.clear()
        return name.encode(), id_.encode(), content

    def path(self, number, hash_, partition):
        return '%s/containers/%d/%s/%s/%s.db' % (self.device(number), partition, hash_[-3:], hash_, hash_)

    def copy(self, count):
        """So many databases with names and ids of their own, each on both of its nodes; the size of one."""
        template, id_, content = self.template()
        for name, hash_, partition, primaries in self.names(count, True):
            renamed = content.replace(template, name.encode())
            for number in primaries:
                path = self.path(number, hash_, partition)
                os.makedirs(os.path.dirname(path))
                own_id = hashlib.md5(b'%s %d' % (name.encode(), number)).hexdigest()[:8].encode() + id_[8:]
                with open(path, 'wb') as database:
                    database.write(renamed.replace(id_, own_id))
        return len(content)


def progress(text):
    print(text, file=sys.stderr, flush=True)


def measure_passes(world):
    """A row for each pass: seconds, CPU a database, peak MB."""
    rows = []
    for name in ('the first pass, all unknown to each other', 'the next one, idle'):
        progress(name)
        wall, cpu, peak = world.replicate('dbrepl')
        stats = world.stats()
        if (stats['attempted'], stats['success'], stats['failure']) != (DATABASES, DATABASES, 0):
            sys.exit('not what was to be done: %s' % stats)
        rows.append((name, '%.0f' % wall, '%.2f' % (1000 * cpu / DATABASES), '%.1f' % peak))
    return rows


def main():
    root = tempfile.mkdtemp(prefix='dbrepl-bench-')
    world = World(root)
    try:
        progress('making %d databases' % (2 * DATABASES))
        size = world.copy(DATABASES)
        world.start_servers('dbrepl')
        rows = measure_passes(world)
    finally:
        world.end()
        shutil.rmtree(root)
    print('Whole passes with `--once` over %d databases of %d bytes with 10 rows, each with one peer that has the same and that a server of\n'
          'ours answers for; part power %d, concurrency 8. The goal is less than %d MB.\n'
          % (DATABASES, size, replicator_world.PART_POWER, GOAL_MB))
    print(measure.table(('', 'wall s', 'CPU ms a database', 'peak MB'), rows))


if __name__ == '__main__':
    main()
