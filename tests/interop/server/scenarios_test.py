"""Every recorded situation once more, with Debian's replicators, against our servers and against Debian's: what they say
to each other, what the databases hold in the end and what recon counts are as in the recording.

The worlds are those of tests/data/transcripts, row for row and id for id, at the time of the recording."""
import json
import os
import threading
import unittest

from interop import swift_env
from interop.server import recorded_world
from interop.server.node import Cluster, free_port
from interop.server.recorded import (
    Names, Transcript, comparable_databases, comparable_tree, hash_of, operation, without_row_numbers,
    without_points_of_senders, without_row_numbers_of)
from interop.server.recorded_world import FOLDER, NODES, SWIFT_CONF
from interop.server.recording_proxy import RecordingProxy
from interop.server.swift_passes import SwiftPasses

# Where rows of an account are merged that do not change: their ROWIDs stay, Swift's rise.
LOWER_ROWIDS = {'account-bidi', 'account-remote-merge'}
BACKWARDS = {'account-bidi', 'account-diff', 'bidi', 'diff', 'handoff', 'misplaced', 'sharding'}


class Side(Cluster):
    """Four nodes with servers of `maker` ('ours' or 'swift'), a proxy before each."""

    def __init__(self, kind, maker):
        super().__init__(FOLDER)
        self.kind, self.maker = kind, maker
        self.exchanges, self.proxies = [], {}
        self.write('swift.conf', SWIFT_CONF)

    def start_all(self):
        self.ports = {node: (free_port(), free_port()) for node in NODES}
        self.rsync_port = self.start_rsyncd({f'sd{node}': f'{self.root}/node{node}' for node in NODES})
        start = self.start_ours if self.maker == 'ours' else self.start_swift
        started = []
        for node in NODES:
            os.makedirs(f'{self.root}/node{node}.cache')
            conf = self.write_conf(f'server-{node}.conf', self.kind, self.ports[node][0], devices=f'node{node}', workers=0)
            started.append(start(self.kind, conf, None))
            self.proxies[node] = RecordingProxy(node, self.ports[node][1], self.ports[node][0], self.exchanges.append)
            self.processes.callback(self.proxies[node].close)
        self.passes = SwiftPasses(self)
        for node, process in zip(NODES, started):
            self.wait_for_port(process, self.ports[node][0])

    def replay(self, transcript, world):
        """Runs the transcript's passes on a copy of the world; `said`, `counters`, `dbs` and `tree` tell what came."""
        recorded_world.copy(world, self.root)
        recorded_world.write_ring(transcript, f'{self.root}/{self.kind}.ring.gz', self.ports)
        self.said, self.counters = [], []
        for number, recorded in enumerate(transcript.passes):
            self.exchanges.clear()
            for proxy in self.proxies.values():
                proxy.cut = proxy.node in recorded.unanswered()
            self.passes.run(conf=self.replicator_conf(transcript, recorded.node), kind=self.kind, now=recorded.began,
                            policies=transcript.policies, arguments=transcript.arguments)
            self.said.append(list(self.exchanges))
            with open(f'{self.root}/node{recorded.node}.cache/{self.kind}.recon', encoding='utf-8') as cache:
                self.counters.append({key: value for key, value in json.load(cache)['replication_stats'].items()
                                      if key != 'start'})
        self.dbs = recorded_world.dump(self.kind, self.root)
        self.tree = recorded_world.tree(self.root)
        self.received = [each for each in sum(self.said, []) if operation(each) in ('complete_rsync', 'rsync_then_merge')]

    def replicator_conf(self, transcript, node):
        settings = ''.join(f'{key} = {value}\n' for key, value in transcript.settings.items())
        # Counters in recon stay from pass to pass unless the file goes.
        cache = f'{self.root}/node{node}.cache/{self.kind}.recon'
        if os.path.exists(cache):
            os.unlink(cache)
        return self.write_conf(f'replicator-{node}.conf', self.kind, self.ports[node][1], devices=f'node{node}',
                               replicator=f'rsync_module = rsync://127.0.0.1:{self.rsync_port}/{{device}}\n{settings}')


class Scenarios:
    """For each kind a class; the sides stay up for all of its situations."""
    maxDiff = 6000

    @classmethod
    def setUpClass(cls):
        cls.sides = {maker: cls.enterClassContext(Side(cls.kind, maker)) for maker in ('ours', 'swift')}
        for side in cls.sides.values():
            side.start_all()
        cls.world = cls.enterClassContext(Cluster(FOLDER))

    def replay(self, name):
        transcript = self.run_sides(name)
        for maker, side in self.sides.items():
            with self.subTest(maker):
                self.compare(transcript, side, maker)

    def run_sides(self, name, order=slice(None)):
        transcript = Transcript(name)
        self.assertEqual(transcript.kind, self.kind)
        transcript.passes = transcript.passes[order]
        world = f'{self.world.root}/{self.id()}'
        os.makedirs(world)
        recorded_world.build(transcript, world)
        runs = [Replay(side, transcript, world) for side in self.sides.values()]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
            if run.trouble:
                raise run.trouble
        return transcript

    def replay_backwards(self, name):
        """The nodes in the opposite order, so that others send and others receive. Nobody has recorded that: the two
        sides must agree."""
        transcript = self.run_sides(name, slice(None, None, -1))
        before = transcript.before['dbs']
        names = {maker: Names(before, side.dbs, sum(side.said, [])) for maker, side in self.sides.items()}
        ours, swifts = self.sides['ours'], self.sides['swift']
        loosen = self.kind == 'account'
        for number, (our_said, swift_said) in enumerate(zip(ours.said, swifts.said)):
            said = [names['ours'].conversations(our_said), names['swift'].conversations(swift_said)]
            self.assertEqual(*(map(without_row_numbers, said) if loosen else said), number)
        self.assertEqual(ours.counters, swifts.counters)
        dbs = [comparable_databases(names[maker], side.dbs) for maker, side in self.sides.items()]
        senders = {names['ours'].replace(json.loads(each.request_body)[1]) for each in ours.received}
        dbs[0] = without_points_of_senders(dbs[0], dbs[1], senders)
        self.assertEqual(*(map(without_row_numbers_of, dbs) if loosen else dbs))

    def compare(self, transcript, side, maker):
        before = transcript.before['dbs']
        flat = [exchange for each in transcript.passes for exchange in each.exchanges]
        recorded_names = Names(before, transcript.after['dbs'], flat)
        names = Names(before, side.dbs, [exchange for said in side.said for exchange in said])
        loosen = maker == 'ours' and transcript.about['name'] in LOWER_ROWIDS
        for number, each in enumerate(transcript.passes):
            with self.subTest(number=number, node=each.node):
                ours, recorded = names.conversations(side.said[number]), recorded_names.conversations(each.exchanges)
                if loosen:
                    ours, recorded = without_row_numbers(ours), without_row_numbers(recorded)
                self.assertEqual(ours, recorded)
                self.assertEqual(side.counters[number], each.counters)
        # The recordings do not look into what is quarantined.
        ours = comparable_databases(names, [each for each in side.dbs if '/quarantined/' not in each['db']])
        recorded = comparable_databases(recorded_names, transcript.after['dbs'])
        if loosen:
            ours, recorded = without_row_numbers_of(ours), without_row_numbers_of(recorded)
        received = side.received if maker == 'ours' else []
        ours = without_points_of_senders(ours, recorded, {names.replace(json.loads(each.request_body)[1])
                                                          for each in received})
        self.assertEqual(ours, recorded)
        # Our servers lock a folder before they put a database there, which Swift's do not.
        locked = {f'node{each.node}/{hash_of(each)}' for each in received}
        self.assertEqual(comparable_tree(side.tree, locked), comparable_tree(transcript.after['tree'], locked))


class Replay(threading.Thread):
    def __init__(self, *arguments):
        super().__init__()
        self.arguments, self.trouble = arguments, None

    def run(self):
        side, transcript, world = self.arguments
        try:
            side.replay(transcript, world)
        except BaseException as error:
            self.trouble = error


class ContainersTest(Scenarios, unittest.TestCase):
    kind = 'container'


class AccountsTest(Scenarios, unittest.TestCase):
    kind = 'account'


def add_tests():
    for name in sorted(os.listdir(os.path.join(os.environ['DBREPL_SOURCE'], 'tests/data/transcripts'))):
        name, ending = os.path.splitext(name)
        if ending == '.jsonl' and 'probes' not in name:
            case = AccountsTest if name.startswith('account-') else ContainersTest
            setattr(case, 'test_' + name.replace('-', '_'), lambda self, name=name: self.replay(name))
            if name in BACKWARDS:
                setattr(case, f'test_{name.replace("-", "_")}_backwards',
                        lambda self, name=name: self.replay_backwards(name))


if __name__ == '__main__':
    swift_env.seed()
    add_tests()
    unittest.main()
