"""Links, pipes, folders and sockets where the server expects files and folders: in tmp, and on the way to the database."""
import os
import shutil
import socket

from hostile.case import Case
from hostile.node import PARTITION, PEER

SYNC = ['sync', -1, 'h', 'peer', '1700000000.00000', '1700000000.00000', '0', '']


def link_to(outside):
    return lambda world, path: os.symlink(outside.format(outside=world.outside, sdb=f'{world.devices}/sdb'), path)


def make_socket(_, path):
    here = os.getcwd()
    os.chdir(os.path.dirname(path))  # names of sockets are short
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(os.path.basename(path))
    finally:
        os.chdir(here)


def make_file(_, path):
    with open(path, 'w', encoding='ascii') as out:
        out.write('x')


THINGS = [('a link to a file', link_to('{outside}/victim.db')), ('a link to a folder', link_to('{outside}/folder')), ('a dangling link', link_to('{outside}/created')),
          ('a link to itself', lambda _, path: os.symlink(os.path.basename(path), path)), ('a link upwards', link_to('../../..')), ('a link to /proc/self/mem', link_to('/proc/self/mem')),
          ('a link to /dev/zero', link_to('/dev/zero')), ('a pipe', lambda _, path: os.mkfifo(path)), ('a folder', lambda _, path: os.mkdir(path)), ('a socket', make_socket)]


def instead(path_of, make):
    """Replaces what lies at a path."""
    def prepare(world):
        path = path_of(world)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.unlink(path)
        make(world, path)
    return prepare


def landed(world):
    return f'{world.tmp}/{PEER}'


# Where it lies, what it replaces.
ON_THE_WAY = {'the folder of databases': lambda world: f'{world.devices}/sda/{world.kind}s',
              'the partition': lambda world: f'{world.devices}/sda/{world.kind}s/{PARTITION}',
              'the suffix': lambda world: os.path.dirname(world.folder()), 'the hash folder': lambda world: world.folder(),
              'the database': lambda world: world.path()}
BESIDE = {'the lock': lambda world: f'{world.folder()}/.lock', 'the pending file': lambda world: f'{world.path()}.pending',
          'the journal': lambda world: f'{world.path()}-journal'}


def with_pending(prepare):
    """There is something pending, for which the lock is taken."""
    def both(world):
        prepare(world)
        with open(f'{world.path()}.pending', 'w', encoding='ascii') as out:
            out.write(':x')
    return both


def still_a(what):
    return lambda world: '' if os.path.lexists(landed(world)) else f'{what} is gone from tmp'


def untouched_link(path_of):
    return lambda world: '' if os.path.lexists(path_of(world)) else 'it is gone'


def cases():
    for what, make in THINGS:
        for op in ('complete_rsync', 'rsync_then_merge'):
            prepare = instead(landed, make)
            if op == 'complete_rsync':
                def prepare(world, prepare=prepare):
                    shutil.rmtree(world.folder())
                    prepare(world)
            yield Case(f'{op} of {what}', [op, PEER], 400, prepare=prepare, check=still_a(what))
    for what, make in THINGS + [('a file', make_file)]:
        prepare = instead(lambda world: world.tmp, make)
        status = 404 if what == 'a folder' else 500
        yield Case(f'tmp is {what}', ['rsync_then_merge', PEER], status, prepare=prepare, lines=int(status != 404))
        for where, path_of in ON_THE_WAY.items():
            # A folder is what belongs there, but for the last; a link of a partition to itself and such is an error of ours.
            fine = what == 'a folder' and where != 'the database'
            for op, body in (('sync', SYNC), ('complete_rsync', ['complete_rsync', PEER])):
                if (where, what) == ('the database', 'a file'):
                    continue  # file_cases.py
                yield Case(f'{op}: {where} is {what}', body, 404 if fine else 500, prepare=instead(path_of, make), lines=0 if fine else 1)
        for where, path_of in BESIDE.items():
            if what == 'a file' or (where, what) == ('the journal', 'a folder'):
                continue
            prepare = instead(path_of, make)
            if where == 'the lock':
                prepare = with_pending(prepare)
            yield Case(f'{where} is {what}', SYNC, 500, prepare=prepare, check=untouched_link(path_of))
