"""Tables: one database for each cell, on two nodes that are both its primaries (or one of them its handoff). Node 1 asks, node 2
answers; what comes of it with Swift on both sides is what has to come of it with ours on either."""
from array import array

from cluster.comparison import first_difference
from cluster.mixed_cluster import ALL_SWIFT, Mix, MixedCluster
from cluster.snapshot import snapshot, swift_opens_all, tree
from cluster.world import NODES, World

ASKING, ANSWERING = 1, 2
MIXES = (Mix('ours asks', (), NODES), Mix('ours answers', NODES, ()), Mix('both ours', NODES, NODES))


class TableWorld(World):
    """The ring gives every partition to these nodes, in this order."""

    def __init__(self, cells, primaries=(ASKING, ANSWERING), **options):
        self.primaries = primaries
        super().__init__('container', cells, **options)

    def write_ring(self, folder, addresses):
        partitions = len(self.ring_data._replica2part2dev_id[0])
        self.ring_data._replica2part2dev_id = [array('H', [node - 1] * partitions) for node in self.primaries]
        super().write_ring(folder, addresses)


def on(db, node):
    """The position of this node, as Database.create wants it."""
    return db.place.nodes.index(node)


def play(world, mix):
    """What a pass of the asking node counted, the databases then, and the files."""
    with MixedCluster(world, mix, 'conn_timeout = 20\n') as cluster:
        cluster.start_all(but=[node for node in NODES if node not in (ASKING, ANSWERING)])
        done = cluster.replicate(ASKING)
        swift_opens_all(cluster)
        print(f'{mix.name:12} {done.counters}', flush=True)
        return done, snapshot(cluster), tree(cluster)


def compare(world, sends_files):
    """Lines that say in which cells a mix differs from Swift alone. Only one pass is made: after a merge of files Swift's next
    pass forgets rows that ours keeps (COMPATIBILITY.md). `sends_files` says of which cells points are another matter there."""
    swift, databases, files = play(world, ALL_SWIFT)
    lines = []
    for mix in MIXES:
        done, here, here_files = play(world, mix)
        for cell in databases:
            one, other = plain(databases[cell], sends_files(cell)), plain(here[cell], sends_files(cell))
            if one != other:
                lines.append(f'{mix.name}, {cell}: {first_difference(one, other)}')
        for what, one, other in (('files', files, here_files), ('counters', swift.counters, done.counters),
                                 ('rsync', swift.rsyncs, as_swifts(done.rsyncs))):
            if one != other:
                lines.append(f'{mix.name}, {what}: {first_difference(one, other)}')
    return lines


def plain(databases, sent_files):
    """Where a file was sent ours note whom it came from in more places, and leave ROWIDs out that a Swift server would take for
    others (COMPATIBILITY.md)."""
    found = {}
    for where, contents in databases.items():
        found[where] = {key: value for key, value in contents.items() if key != 'received' and not (sent_files and key == 'points')}
        if sent_files:
            found[where]['stat'] = {key: value for key, value in contents['stat'].items() if key != 'reconciler_sync_point'}
    return found


def as_swifts(rsyncs):
    """Our rsync has an argument more (COMPATIBILITY.md)."""
    return [line.replace(' --ignore-times', '') for line in rsyncs]
