"""The question of a dry run changes nothing: asked of Swift's receiving half and of ours about random databases, whose
clocks may have been ahead, it leaves every row, time and point as it is; ours does not even touch a file.

usage: dry_question_test.py WORLDS      DBREPL_SEED and DBREPL_ONLY as in differential_test.py
"""
import json
import os
import shutil

from interop import swift_env
from interop.broker import compare
from interop.replicate.hands import OurReceiver, SwiftReceiver
from interop.replicate.world import World
from swift.common.utils import Timestamp

AHEAD = 300 * 24 * 3600


def question(world, point_of):
    return ['sync', -1, '', point_of, Timestamp(world.now + AHEAD).internal, '0', '0', '']


def files(top):
    found = {}
    for folder, _, names in os.walk(top):
        for name in names + ['.']:
            status = os.stat(os.path.join(folder, name))
            found[os.path.join(folder, name)] = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return found


def run_world(seed, number):
    world = World('%s/%d' % (seed, number), 'account' if number % 3 == 0 else 'container')
    ours = OurReceiver(world.kind, world.devices('ours'))
    try:
        world.make('swift', world.random.choice([0, 3, 10, 25]))
        world.do('swift', world.generator.step('commit_pending', {}))
        if not os.path.exists(world.path('swift')):
            return None
        # Known to both as a peer, as after an earlier pass.
        world.do('swift', world.generator.step('merge_syncs', {'points': [{'remote_id': 'asking', 'sync_point': 17}],
                                                               'incoming': True}))
        shutil.rmtree(world.devices('ours'), ignore_errors=True)
        shutil.copytree(world.devices('swift'), world.devices('ours'))
        before = compare.dump(world.path('swift'), world.history())
        files_before = files(world.devices('ours'))
        swift = SwiftReceiver(world.kind, world.devices('swift'))
        for asking in ('asking', 'nobody', ''):
            answers = [hand.ask(world.target, question(world, asking), world.now) for hand in (swift, ours)]
            if answers[0][0] != 200 or answers[1][0] != 200:
                return 'answers %s' % answers
            replies = [json.loads(answer[2]) for answer in answers]
            line = compare.difference(replies[0], replies[1], 'answer')
            if line:
                return line
            if replies[0]['point'] != (17 if asking == 'asking' else -1):
                return 'point %s for %r' % (replies[0]['point'], asking)
        for side in ('swift', 'ours'):
            line = compare.difference(before, compare.dump(world.path(side), world.history()), side)
            if line:
                return line
        if files(world.devices('ours')) != files_before:
            return 'ours touched a file'
        return None
    finally:
        ours.close()
        world.close()


def main():
    print(f'{swift_env.run_numbered(run_world)} databases are as they were')


if __name__ == '__main__':
    main()
