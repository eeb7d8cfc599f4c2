"""The harness itself: Swift against Swift is equal, and Swift against a slightly wrong Swift is found out.

Without this a comparison that sees nothing would look like success. Environment: DBREPL_SEED.
"""
import contextlib
import sys
from unittest import mock

from interop import swift_env
from interop.broker import differential_test, histories
from interop.broker.run_history import Runner
from interop.broker.swift_hand import SwiftHand
from swift.account.backend import AccountBroker
from swift.common.db import DatabaseBroker
from swift.container import backend
from swift.container.backend import ContainerBroker


class OtherSwiftHand(SwiftHand):
    """Swift's brokers again; `wrong` (a context manager maker) is in force while they work."""

    name = 'other swift'

    def __init__(self, wrong=contextlib.nullcontext):
        self.wrong = wrong

    def run(self, history, path, step):
        with self.wrong():
            return super().run(history, path, step)


real_merge = backend.update_new_item_from_existing
real_merge_shards = backend.merge_shards


def loses_swift_bytes(new_item, existing):
    found = real_merge(new_item, existing)
    new_item['content_type'] = new_item['content_type'].split(';swift_bytes')[0]
    return found


def deletes_come_back(new_item, existing):
    if existing and existing['deleted'] and not new_item['deleted']:
        existing = dict(existing, created_at='0000000001.00000')
    return real_merge(new_item, existing)


def always_new_shard(shard_data, existing):
    real_merge_shards(shard_data, existing)
    return True


def forget_sync_point(self, item_list, source=None, real=ContainerBroker.merge_items):
    return real(self, item_list)


def forget_account_point(self, item_list, source=None, real=AccountBroker.merge_items):
    return real(self, item_list)


def ties_take_theirs(self, updates, validate_metadata=False, real=DatabaseBroker.update_metadata):
    return real(self, {key: (value, when + '0') for key, (value, when) in updates.items()})


def no_policy_status(self, policy_index, timestamp=None, real=ContainerBroker.set_storage_policy_index):
    return real(self, policy_index, '0000000000.00000')


PLANTED = [
    ('container', lambda: mock.patch.object(backend, 'update_new_item_from_existing', loses_swift_bytes)),
    ('container', lambda: mock.patch.object(backend, 'update_new_item_from_existing', deletes_come_back)),
    ('container', lambda: mock.patch.object(backend, 'merge_shards', always_new_shard)),
    ('container', lambda: mock.patch.object(ContainerBroker, 'merge_items', forget_sync_point)),
    ('container', lambda: mock.patch.object(ContainerBroker, 'set_storage_policy_index', no_policy_status)),
    ('container', lambda: mock.patch.object(ContainerBroker, '_newid', lambda self, conn: None)),
    ('account', lambda: mock.patch.object(AccountBroker, 'merge_items', forget_account_point)),
    ('account', lambda: mock.patch.object(DatabaseBroker, 'update_metadata', ties_take_theirs)),
    ('account', lambda: mock.patch('swift.account.backend.zero_like', lambda count: count in (0, None))),
    ('account', lambda: mock.patch.object(DatabaseBroker, '_reclaim_sync', lambda self, conn, age: None)),
]


def main():
    seed = swift_env.seed()
    runner = Runner(OtherSwiftHand())
    for share in ('container', 'account', 'legacy'):
        if differential_test.run(runner, share, seed, range(20), give_up_after=1):
            sys.exit('Swift differs from itself')
    for number, (kind, wrong) in enumerate(PLANTED):
        runner.other.wrong = wrong
        for attempt in range(300):
            name = '%s-planted-%d' % (seed, attempt)
            if runner.differs(histories.make(name, kind), 'ours', name):
                print('planted mistake %d of %d found by history %d' % (number + 1, len(PLANTED), attempt + 1), flush=True)
                break
        else:
            sys.exit('planted mistake %d was not found in 300 histories' % (number + 1))
    runner.close()


if __name__ == '__main__':
    main()
