#!/usr/bin/env python3
"""Mistakes planted one by one into the merge code of the brokers: does the differential test find each?

usage: planted_mistakes.py          build each mistake in a copy of the tree, run histories until one differs, print the table
       planted_mistakes.py --check  only that every old text still stands exactly once in its file (a test does this)

By hand, because it takes many builds; DBREPL_SEED, DBREPL_HISTORIES (at most per mistake, default 600) and DBREPL_PLANTED
(numbers with commas) choose. docs/TESTING.md has the last table.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ.get('DBREPL_SOURCE') or os.path.realpath(os.path.join(os.path.dirname(__file__), '../../..'))
MERGE, SHARDS, CONTENT = 'broker/object_merge.cc', 'broker/shard_range_merge.cc', 'broker/content_type.cc'
TABLE, FOLD, ITEMS = 'broker/object_table.cc', 'broker/object_fold.cc', 'broker/container_merge.cc'
RECORD, ACCOUNT_FOLD, ACCOUNT = 'broker/container_record.cc', 'broker/account_fold.cc', 'broker/account_merge.cc'
SYNCS, BASE, POLICIES = 'broker/sync_points.cc', 'broker/database_broker.cc', 'broker/container_policies.cc'

# (what goes wrong, kind of database that shows it, file, old text, new text)
MISTAKES = [
    ('data ties go to the newcomer', 'container', MERGE, 'if (existing_times.data >= item.times.data) {',
     'if (existing_times.data > item.times.data) {'),
    ('content-type ties go to the newcomer', 'container', MERGE, 'if (existing_times.content_type >= item.times.content_type) {',
     'if (existing_times.content_type > item.times.content_type) {'),
    ('metadata ties go to the newcomer', 'container', MERGE, 'if (existing_times.metadata >= item.times.metadata) {',
     'if (existing_times.metadata > item.times.metadata) {'),
    ('swift_bytes follow the content type', 'container', MERGE, '    type.swift_bytes = existing_type.swift_bytes;\n', ''),
    ('the older row keeps its size', 'container', MERGE, '    item.row.size = existing.size;\n', ''),
    ('the older row keeps its etag', 'container', MERGE, '    item.row.etag = existing.etag;\n', ''),
    ('an older put revives a deleted row', 'container', MERGE, '    item.row.deleted = existing.deleted;\n', ''),
    ('the content type of the older row wins', 'container', MERGE, '    type.type = existing_type.type;\n', ''),
    ('ctype_timestamp leaves the metadata time alone', 'container', MERGE, '    times.metadata = times.content_type;\n', ''),
    ('meta_timestamp is forgotten', 'container', MERGE, 'if (!item.meta_timestamp.empty()) {', 'if (item.meta_timestamp == "never") {'),
    ('created_at is not encoded anew', 'container', MERGE,
     '  item.row.created_at = EncodeRowTimes(item.times);\n  item.row.content_type', '  item.row.content_type'),
    ('rows are looked for in policy 0 only', 'container', MERGE, 'Identity{stored.row.name, stored.row.storage_policy_index}',
     'Identity{stored.row.name, 0}'),
    ('doubles in a batch: the last wins unmerged', 'container', MERGE,
     '    MergeOverExisting(earlier, earlier_times, item);\n', '    (void)earlier_times;\n'),
    ('superseded rows stay', 'container', MERGE,
     'for (const StoredObject& stored : slot.existing) superseded_.push_back(&stored);', ';'),
    ('unchanged rows are written again', 'container', MERGE,
     'if (!MergeOverExisting(existing, *times, item)) return {};', 'MergeOverExisting(existing, *times, item);'),
    ('swift_bytes in upper case count', 'container', CONTENT, 'if (*name == "swift_bytes") {', 'if (*name == "swift_Bytes") {'),
    ('names beyond the first look-up are missed', 'container', TABLE, 'first < names.size();) {', 'first < 1 && first < names.size();) {'),
    ('deletions do not leave the hash', 'container', FOLD,
     'bool ObjectFold::Delete(const ObjectRow& row) {\n  hash_.Toggle(row.name, row.created_at);', 'bool ObjectFold::Delete(const ObjectRow& row) {'),
    ('tombstones count as objects', 'container', FOLD, '__builtin_sub_overflow(std::int64_t{1}, row.deleted, &alive)',
     '__builtin_sub_overflow(std::int64_t{1}, row.deleted * 0, &alive)'),
    ('bytes of deleted rows are not taken off', 'container', FOLD, '" bytes_used = bytes_used - ?3 + ?4"', '" bytes_used = bytes_used - ?3 * 0 + ?4"'),
    ('the sync point is the first row of the batch', 'container', ITEMS, 'sync_point = items.back().row_id;', 'sync_point = items.front().row_id;'),
    ('the sync point is not raised', 'container', ITEMS, '  if (source) {\n    TRY(RaiseSyncPoint', '  if (source && source->empty()) {\n    TRY(RaiseSyncPoint'),
    ('an older shard range wins', 'container', SHARDS, 'if (existing.timestamp > range.timestamp) return false;',
     'if (existing.timestamp > range.timestamp) return true;'),
    ('a newer shard range stays reported', 'container', SHARDS, '    range.reported = false;\n', ''),
    ('shard bounds change at equal timestamps', 'container', SHARDS, '  range.upper = existing.upper;\n', ''),
    ('a deleted shard range comes back at equal timestamps', 'container', SHARDS, '  range.deleted = existing.deleted;\n', ''),
    ('shard numbers: ties go to the newcomer', 'container', SHARDS, 'if (existing.meta_timestamp < range.meta_timestamp) return true;',
     'if (existing.meta_timestamp <= range.meta_timestamp) return true;'),
    ('shard tombstones are not kept', 'container', SHARDS, '  range.tombstones = existing.tombstones;\n', ''),
    ('reported does not latch', 'container', SHARDS, 'if (existing.reported && same) range.reported = true;',
     'if (existing.reported && same) range.reported = false;'),
    ('of equal state times the smaller state wins', 'container', SHARDS, 'range.state > existing.state) {', 'range.state < existing.state) {'),
    ('the epoch does not travel with the state', 'container', SHARDS, '  range.epoch = existing.epoch;\n', ''),
    ('sync points may fall', 'container', SYNCS, '" sync_point = max(?1, sync_point), updated_at = ?3")', '" sync_point = ?1, updated_at = ?3")'),
    ('created_at takes the newer', 'container', BASE, 'created_at = MIN(?1, created_at)', 'created_at = MAX(?1, created_at)'),
    ('a policy change does not touch status_changed_at', 'container', POLICIES, 'status_changed_at = MAX(?2, status_changed_at)',
     'status_changed_at = MIN(?2, status_changed_at)'),
    ('the older put_timestamp wins', 'account', RECORD, 'if (put_is_older) merged', 'if (!put_is_older) merged'),
    ('the older delete_timestamp wins', 'account', RECORD, 'if (delete_is_older) merged', 'if (!delete_is_older) merged'),
    ('missing counts are not filled', 'account', RECORD, '  FillFrom(merged.object_count, existing.object_count);\n', ''),
    ('containers with objects count as deleted', 'account', RECORD, 'deleted_last && IsZeroLike(merged.object_count) ? 1 : 0', 'deleted_last ? 1 : 0'),
    ('deleted is what the record says', 'account', RECORD,
     '  merged.deleted = std::int64_t{deleted_last && IsZeroLike(merged.object_count) ? 1 : 0};\n', '  (void)deleted_last;\n'),
    ('account bytes are not part of the hash', 'account', ACCOUNT_FOLD, '"-", Integer(record.bytes_used));', '"-", Integer(record.bytes_used) * 0);'),
    ('deleted containers stay in their policy', 'account', ACCOUNT_FOLD, 'if (!AddUp(found->second.sums, row, sign)) {',
     'if (sign > 0 && !AddUp(found->second.sums, row, sign)) {'),
    ('new policies get no row', 'account', ACCOUNT_FOLD, '    if (policy.is_new) {\n', '    if (policy.is_new && index > 1) {\n'),
    ('an unchanged account row gets a new ROWID', 'account', ACCOUNT, '      if (unchanged_ == UnchangedRow::kStays && found->second.record == record) return {};\n', ''),
    ('the first of two account records in a batch wins', 'account', ACCOUNT,
     '    entry = {connection_.LastInsertRowId(), std::move(record)};\n', '    if (entry.row_id == 0) entry = {connection_.LastInsertRowId(), record};\n'),
]


def read(root, name):
    with open(os.path.join(root, name), encoding='utf8') as file:
        return file.read()


def check():
    """Every patch still fits; how many do not is the exit code."""
    bad = 0
    for number, (what, _, name, old, new) in enumerate(MISTAKES, 1):
        count = read(SOURCE, name).count(old)
        if count != 1 or old == new:
            print('mistake %d (%s): its old text stands %d times in %s' % (number, what, count, name))
            bad += 1
    print('%d planted mistakes, %d of them do not fit the source' % (len(MISTAKES), bad))
    return 1 if bad or len(MISTAKES) < 30 else 0


def build(tree):
    done = subprocess.run(['ninja', '-C', os.path.join(tree, 'build/dev'), 'broker_probe'], stdout=subprocess.PIPE, text=True)
    return done.returncode == 0, done.stdout


def histories_until_found(kind, seed, most):
    """How many histories it took, and the line that tells the difference; None when none differed."""
    from interop.broker import histories
    from interop.broker.our_hand import OurHand
    from interop.broker.run_history import Runner
    runner = Runner(OurHand())
    try:
        for number in range(most):
            name = '%s-planted-%d' % (seed, number)
            line = runner.differs(histories.make(name, kind), 'ours', name)
            if line:
                return number + 1, line
        return None, ''
    except SystemExit as crash:
        return number + 1, str(crash)
    finally:
        runner.other.probe.kill()
        runner.other.probe.wait()
        shutil.rmtree(runner.root)


def plant(tree, number, seed, most):
    what, kind, name, old, new = MISTAKES[number]
    original = read(tree, name)
    path = os.path.join(tree, name)
    try:
        with open(path, 'w', encoding='utf8') as file:
            file.write(original.replace(old, new))
        built, output = build(tree)
        if not built:
            return [what, kind, name, 'does not build: ' + ' '.join(line for line in output.splitlines() if 'error:' in line)[:200]]
        found, line = histories_until_found(kind, seed, most)
        print('  %s' % line[:200], file=sys.stderr)
        return [what, kind, name, 'history %d' % found if found else 'NOT FOUND']
    finally:
        with open(path, 'w', encoding='utf8') as file:
            file.write(original)


def main():
    if '--check' in sys.argv:
        return check()
    seed = os.environ.get('DBREPL_SEED') or str(random.SystemRandom().randrange(2 ** 32))
    most = int(os.environ.get('DBREPL_HISTORIES') or 600)
    chosen = [int(number) - 1 for number in (os.environ.get('DBREPL_PLANTED') or '').split(',') if number] or range(len(MISTAKES))
    tree = tempfile.mkdtemp(prefix='dbrepl-planted-')
    shutil.copytree(SOURCE, tree, dirs_exist_ok=True, ignore=shutil.ignore_patterns('build', '.git'))
    subprocess.run(['cmake', '--preset', 'dev'], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    os.environ['DBREPL_BIN'] = os.path.join(tree, 'build/dev/bin')
    sys.path.insert(0, os.path.join(tree, 'tests'))
    if not build(tree)[0]:
        sys.exit('the tree does not build without mistakes')
    for kind in ('container', 'account'):
        if histories_until_found(kind, seed, 60)[0]:
            sys.exit('histories differ without mistakes')
    print('DBREPL_SEED=%s\n\n| # | mistake | kind | file | found by |\n|---:|---|---|---|---|' % seed, flush=True)
    missed = 0
    for number in chosen:
        row = plant(tree, number, seed, most)
        missed += not row[3].startswith('history')
        print('| %d | %s |' % (number + 1, ' | '.join(row)), flush=True)
    shutil.rmtree(tree)
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())
