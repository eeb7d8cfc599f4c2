"""Every cell of a table with Swift on both sides, then with ours on one or both.

usage: tables_test.py policies|sharding|handoffs      DBREPL_ONLY=<cell,...> leaves out the others
"""
import os
import sys
import tempfile

from cluster import tables_of_policies, tables_of_sharding
from cluster.tables import ANSWERING, TableWorld, compare


def policies():
    return compare(TableWorld(tables_of_policies.cells(), policies=3), lambda name: False)


def sharding():
    return compare(TableWorld(tables_of_sharding.cells()), tables_of_sharding.sends_files)


def handoffs():
    """The asking one is a handoff: does it go, or does it still have to shard?"""
    world = TableWorld(tables_of_sharding.cells(('none', 'few')), primaries=(ANSWERING,))
    return compare(world, tables_of_sharding.sends_files)


if __name__ == '__main__':
    # Hundreds of databases are synced at every turn; what that costs on a disk is not the question here.
    tempfile.tempdir = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    found = {'policies': policies, 'sharding': sharding, 'handoffs': handoffs}[sys.argv[1]]()
    if found:
        sys.exit('\n'.join(found))
    print('all cells are equal')
