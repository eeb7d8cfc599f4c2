#!/usr/bin/env python3
"""Memory of a whole pass over 100,000 databases

BENCH_DATABASES idle databases of real size, each with one peer that has the same, as a server of ours says. By hand, for it takes
11 GB of disk (in TMPDIR) and half an hour: DBREPL_BIN=build/release/bin PYTHONPATH=bench python3 bench/many_databases.py
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
ROWS = 10
replicator_world.PART_POWER = 16


class World(replicator_world.World):
    """With two replicas: one peer each."""

    def make_ring(self, folder, ports):
        super().make_ring(folder, ports)
        builder = os.path.join(self.root, folder, 'container.builder')
        self.run('ring-builder', builder, 'set_replicas', '2')
        self.run('ring-builder', builder, 'rebalance', '--force', '--seed', 'bench')

    def template(self):
        """A database as our broker makes it, which knows all rows of a peer: its name, its id, the peer's, its bytes."""
        (name, hash_, partition, _), = self.names(1, True)
        self.make_databases([(name, hash_, partition, 0, self.rows(0, ROWS))])
        path = self.path(0, hash_, partition)
        with contextlib.closing(sqlite3.connect(path)) as connection:
            id_, = connection.execute('SELECT id FROM container_info').fetchone()
            peer = 'peer' + id_[4:]
            connection.execute('INSERT INTO incoming_sync (remote_id, sync_point) VALUES (?, ?)', (peer, ROWS))
            connection.commit()
        with open(path, 'rb') as database:
            content = database.read()
        self.clear()
        return name.encode(), id_.encode(), peer.encode(), content

    def path(self, number, hash_, partition):
        return '%s/containers/%d/%s/%s/%s.db' % (self.device(number), partition, hash_[-3:], hash_, hash_)

    def copy(self, count):
        """So many databases with names and ids of their own, each on both of its nodes; the size of one."""
        template, id_, peer, content = self.template()
        for name, hash_, partition, nodes in self.names(count, True):
            renamed = content.replace(template, name.encode())
            ids = [hashlib.md5(b'%s %d' % (name.encode(), node)).hexdigest()[:8].encode() + id_[8:] for node in nodes]
            for node, own, other in zip(nodes, ids, reversed(ids)):
                path = self.path(node, hash_, partition)
                os.makedirs(os.path.dirname(path))
                with open(path, 'wb') as database:
                    database.write(renamed.replace(id_, own).replace(peer, other))
        return len(content)


def progress(text):
    print(text, file=sys.stderr, flush=True)


def measure_pass(world):
    wall, cpu, peak, _ = world.replicate('dbrepl')
    stats = world.stats()
    if (stats['attempted'], stats['no_change'], stats['failure']) != (DATABASES, DATABASES, 0):
        sys.exit('not what was to be done: %s' % stats)
    return ('%d' % DATABASES, '%.0f' % wall, '%.2f' % (1000 * cpu / DATABASES), '%.1f' % peak)


def main():
    root = tempfile.mkdtemp(prefix='dbrepl-bench-')
    world = World(root)
    try:
        progress('making %d databases' % (2 * DATABASES))
        size = world.copy(DATABASES)
        world.start_servers('dbrepl')
        progress('replicating')
        row = measure_pass(world)
    finally:
        world.end()
        shutil.rmtree(root)
    print('One pass with `--once` over idle databases of %d bytes with %d rows, each with one peer that has the same and that a server of\n'
          'ours answers for; part power %d, concurrency 8. The goal is less than %d MB.\n'
          % (size, ROWS, replicator_world.PART_POWER, GOAL_MB))
    print(measure.table(('databases', 'wall s', 'CPU ms a database', 'peak MB'), [row]))


if __name__ == '__main__':
    main()
