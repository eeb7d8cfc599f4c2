"""What befalls the nodes of a cluster while its replicators run, the same under Swift alone and under every mix."""
import os
import selectors
import signal
import socket

from cluster.mixed_cluster import MixedCluster

BEHIND_PROXY = 7201


class Event:
    """Nothing happens. Others change what they need to."""

    options = ''           # lines for the replicators' sections
    over_in_round = 1      # the first round in which everything may end as it must
    met_by_chance = ()     # hashes of databases that the walk of a pass may meet or not

    def cluster(self, world, mix):
        return MixedCluster(world, mix, self.options).start_all()

    def before_round(self, cluster, number):
        pass

    def resting(self, number):
        """Nodes whose replicators do not run in this round."""
        return ()

    def may_be_less(self, number):
        """Counters that may be lower than with Swift alone in this round."""
        return ()

    def demands(self, expected, found):
        """What else has to hold, as lines that say what does not."""
        return []


class Unmounted(Event):
    """A disk is gone in the first round: for its own replicator and server, and so for everybody's."""

    over_in_round = 2

    def __init__(self, node):
        self.node = node

    def before_round(self, cluster, number):
        mark = f'{cluster.root}/node{self.node}/sd{self.node}/.ismount'
        if number == 1:
            os.unlink(mark)
        elif number == 2:
            open(mark, 'w', encoding='ascii').close()

    def may_be_less(self, number):
        """A node that is the next handoff itself is asked by Swift's replicator, too, and found in sync; ours leaves it out."""
        return ('success', 'no_change + diff') if number == 1 else ()

    def demands(self, expected, found):
        copies = [done for (number, _), done in found.passes.items() if number == 1 and done.counters['rsync']]
        return [] if copies else ['no handoff was made while the disk was gone']


class NodeDown(Event):
    """A node is off in the first round."""

    over_in_round = 2

    def __init__(self, node):
        self.node = node

    def cluster(self, world, mix):
        return MixedCluster(world, mix, self.options).start_all(but=(self.node,))

    def before_round(self, cluster, number):
        if number == 2:
            cluster.start_server(self.node)

    def resting(self, number):
        return (self.node,) if number == 1 else ()


class ReplicatorStopped(Event):
    """A node's replicator never runs: what the node knows, others learn from its server's answers, and it learns from what it
    is asked. That is all about its databases but their rows."""

    def __init__(self, node):
        self.node = node

    def resting(self, number):
        return (self.node,)


class Killed(Event):
    """The server of a database's `position` is killed (SIGKILL) in the middle of a conversation: when `operation` comes for the
    `count`th time, before the server sees it or after it has answered, of which the replicator then never hears."""

    over_in_round = 2

    def __init__(self, world, position, operation, count, answered):
        place, = world.places.values()
        self.node, self.operation, self.count, self.answered = place.nodes[position], operation, count, answered

    def cluster(self, world, mix):
        return MixedCluster(world, mix, self.options, server_ports={self.node: BEHIND_PROXY}).start_all()

    def before_round(self, cluster, number):
        if number == 1:
            self.proxy = cluster.run(lambda: self.relay(cluster), 'proxy')
            cluster.await_port(self.proxy, cluster.addresses[self.node], cluster.port)
        elif number == 2:
            if self.proxy.wait(30):
                raise SystemExit(f'the proxy failed, or no {self.operation} came: {self.proxy.printed()}')
            cluster.server_ports = {}
            cluster.start_server(self.node)

    def relay(self, cluster):
        """Runs in a child: stands before the server until it kills it."""
        address = cluster.addresses[self.node]
        chooser, other = selectors.DefaultSelector(), {}
        listener = socket.create_server((address, cluster.port))
        chooser.register(listener, selectors.EVENT_READ)
        seen, mark, answering = 0, f'["{self.operation}"'.encode(), None
        while True:
            for key, _ in chooser.select():
                if key.fileobj is listener:
                    asking = listener.accept()[0]
                    serving = socket.create_connection((address, BEHIND_PROXY))
                    other[asking], other[serving] = (serving, True), (asking, False)
                    chooser.register(asking, selectors.EVENT_READ)
                    chooser.register(serving, selectors.EVENT_READ)
                    continue
                one = key.fileobj
                there, is_request = other[one]
                data = one.recv(1 << 20)
                seen += is_request and mark in data
                if seen == self.count and answering is None:
                    answering = there
                    if not self.answered:
                        return self.kill(cluster)
                if one is answering:
                    return self.kill(cluster)
                if data:
                    there.sendall(data)
                    continue
                for end in (one, there):
                    chooser.unregister(end)
                    end.close()
                    other.pop(end)

    def kill(self, cluster):
        os.killpg(cluster.servers[self.node].pid, signal.SIGKILL)


class QueuesMade(Event):
    """Replicators make queues of the reconciler while they walk. Whether the walk still comes by one, and has filled it by then, is
    chance: partitions come in random order, and passes of Swift alone over one world differ by such a visit. At the end of the
    pass, when its counters are written already, all queues are visited in any case."""

    def __init__(self, world):
        self.met_by_chance = [world.places[queue].hash for queue in world.queues()]


class ChangedWhileSent(Event):
    """A writer adds a row to a database between the two looks at it: after rsync has read it, before it returns."""

    def __init__(self, world):
        self.hashes = [place.hash for place in world.places.values()]

    def before_round(self, cluster, number):
        if number == 1:
            writer = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'write_rows.py')
            cluster.write('rsync.hook', f'''rsync=$(PATH=${{PATH#*:}} command -v rsync)
"$rsync" "$@" || exit
case "$*" in *--whole-file*) exec /usr/bin/python3 -I -S {writer} "$@";; esac
''')

    def demands(self, expected, found):
        again = [line for done in found.passes.values() for line in done.rsyncs if '--whole-file' not in line]
        return [] if again else ['no second rsync']
