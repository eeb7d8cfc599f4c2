#!/usr/bin/env python3
"""Brokers: merging, reading and opening container databases"""
import os
import shutil
import subprocess
import sys
import tempfile

import measure
from interop import swift_env
from swift.container.backend import ContainerBroker

ROUNDS = 3
SMALL, SMALL_FILES = 1000, 20
BIG, ADDED = 900000, 100000


def say(text):
    print(text, file=sys.stderr, flush=True)


def make_row(number):
    """The rows of bench/broker_rows.h."""
    mixed = number * 2654435761 & 0xffffffff
    return {'ROWID': number + 1, 'name': 'photos/%08x/%d.jpg' % (mixed, number),
            'created_at': '%010d.%05d' % (1700000000 + number // 100, number % 100 * 1000), 'size': number % 100000,
            'content_type': 'application/octet-stream', 'deleted': 0, 'storage_policy_index': 0,
            'etag': '%08x%08x%08x%08x' % (mixed, ~mixed & 0xffffffff, mixed ^ 0x5a5a5a5a, mixed + 7 & 0xffffffff)}


class Folder:
    """Databases to measure on; a fresh copy for every measurement."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix='dbrepl-bench-')
        self.work = os.path.join(self.root, 'work', 'h', 'h.db')
        self.templates = {}
        for name, rows in (('small', 0), ('big', BIG)):
            path = os.path.join(self.root, name, 'h', 'h.db')
            os.makedirs(os.path.dirname(path))
            run('broker_bench', 'create', path)
            if rows:
                run('broker_bench', 'merge', path, 0, rows, 100000, 'rows')
            self.templates[name] = path

    def fresh(self, name):
        shutil.rmtree(os.path.dirname(self.work), ignore_errors=True)
        os.makedirs(os.path.dirname(self.work))
        shutil.copy(self.templates[name], self.work)
        return self.work


def run(program, *arguments):
    """CPU seconds of the work, as the program itself measured them."""
    command = [measure.program(program)] + [str(argument) for argument in arguments]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def swift_merge(path, first, count, batch):
    broker = ContainerBroker(path, account='a', container='c')
    used = 0
    for start in range(first, first + count, batch):
        rows = [make_row(number) for number in range(start, start + batch)]
        started = measure.own_cpu()
        broker.merge_items(rows, 'peer')
        used += measure.own_cpu() - started
    return used


def swift_since(path, limit):
    from json import dumps
    started = measure.own_cpu()
    broker, last = ContainerBroker(path, account='a', container='c'), -1
    while True:
        rows = broker.get_items_since(last, limit)
        if not rows:
            return measure.own_cpu() - started
        dumps(rows)
        last = rows[-1]['ROWID']


def swift_open(path, times):
    started = measure.own_cpu()
    for _ in range(times):
        broker = ContainerBroker(path)
        broker.get_replication_info()
        broker.get_syncs()
        broker.get_syncs(False)
    return measure.own_cpu() - started


def merge_contenders(folder, template, first, count, batch, files=1):
    """What merges `count` rows into a fresh copy, as functions that return microseconds of CPU per row."""
    def per_row(merge):
        return lambda: [sum(merge(folder.fresh(template)) for _ in range(files)) / (count * files) * 1e6]
    return {
        'Swift': per_row(lambda path: swift_merge(path, first, count, batch)),
        'ours': per_row(lambda path: run('broker_bench', 'merge', path, first, count, batch, 'rows')),
        'ours from JSON': per_row(lambda path: run('broker_bench', 'merge', path, first, count, batch, 'json')),
        'C, triggers': per_row(lambda path: run('broker_floor', 'merge', path, first, count, batch, 'triggers')),
        'C, folded': per_row(lambda path: run('broker_floor', 'merge', path, first, count, batch, 'folded')),
    }


def read_contenders(folder):
    path, rows, limit = folder.templates['big'], BIG, 1000
    return {'Swift': lambda: [swift_since(path, limit) / rows * 1e6],
            'ours': lambda: [run('broker_bench', 'since', path, limit) / rows * 1e6],
            'C': lambda: [run('broker_floor', 'since', path, limit) / rows * 1e6]}


def open_contenders(folder):
    path, times = folder.templates['small'], 500
    return {'Swift': lambda: [swift_open(path, times) / times * 1e3],
            'ours': lambda: [run('broker_bench', 'open', path, times) / times * 1e3],
            'ours, again': lambda: [run('broker_bench', 'again', path, times) / times * 1e3],
            'C': lambda: [run('broker_floor', 'open', path, times) / times * 1e3]}


def section(what, target, contenders, columns):
    say('  ' + what)
    found = measure.alternate(contenders, ROUNDS)
    return [what] + ['%.2f' % found[name][0] if name in found else '' for name in columns] + [target]


def memory_rows(folder):
    """Peak resident MB of our program on a database that ends with a million rows."""
    program = measure.program('broker_bench')
    rows = []
    for what, command in (('merging 100,000 more in batches of 1,000', ['merge', None, BIG, ADDED, 1000, 'json']),
                          ('reading all, 1,000 at a time', ['since', folder.templates['big'], 1000])):
        command = [str(folder.fresh('big')) if word is None else str(word) for word in command]
        rows.append([what, '%.1f' % measure.run_process([program] + command)[2], '32'])
    return rows


def main():
    folder = Folder()
    columns = ['Swift', 'ours', 'ours from JSON', 'ours, again', 'C, triggers', 'C, folded', 'C']
    rows = [
        section('merge 1,000 rows into an empty container, µs a row', '9',
                merge_contenders(folder, 'small', 0, SMALL, SMALL, SMALL_FILES), columns),
        section('merge 100,000 rows into 900,000, batches of 1,000, µs a row', '1.15 × C folded',
                merge_contenders(folder, 'big', BIG, ADDED, 1000), columns),
        section('the same in one batch, µs a row', '14', merge_contenders(folder, 'big', BIG, ADDED, ADDED), columns),
        section('items since with JSON, µs a row', '3', read_contenders(folder), columns),
        section('open, replication info, sync points, ms', '1.2 × C; again 0.1', open_contenders(folder), columns),
    ]
    print('CPU time, medians of %d alternating runs, Swift %s. "C" is `bench/broker_floor.c`: the same SQL without errors, '
          'merging rules and migrations.\n' % (ROUNDS, swift_env.SWIFT_VERSION))
    print(measure.table(['work'] + columns + ['target'], rows))
    print('\nMemory at 1,000,000 rows:\n')
    print(measure.table(['work', 'peak MB', 'target'], memory_rows(folder)))
    shutil.rmtree(folder.root)


if __name__ == '__main__':
    main()
