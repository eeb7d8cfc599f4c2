"""Bodies that are no JSON, no request, or a request with something wrong in one place."""
import json

from hostile.case import Case, deep

NOW = '1700000000.00000'
FUTURE = '9999999999.00000'
SYNC = ['sync', 3, 'h', 'peer', NOW, NOW, '0', '', NOW, 3, 0]
ROW = {'ROWID': 9, 'name': 'evil', 'created_at': NOW, 'size': 1, 'content_type': 't', 'etag': 'e', 'deleted': 0,
       'storage_policy_index': 0}
RECORD = {'ROWID': 9, 'name': 'evil', 'put_timestamp': NOW, 'delete_timestamp': '0', 'object_count': 1, 'bytes_used': 1,
          'deleted': 0, 'storage_policy_index': 0}
RANGE = {'name': '.shards_a/c-1', 'timestamp': NOW, 'lower': '', 'upper': 'm', 'object_count': 1, 'bytes_used': 2,
         'meta_timestamp': NOW, 'deleted': 0, 'state': 40, 'state_timestamp': NOW, 'epoch': None, 'reported': 0, 'tombstones': -1}
MILLION = 1_000_000

# What JSON has, as text, to be put where something else belongs.
NO_TEXT = ['null', 'true', '1', '1.5', '[]', '{}', '[["x"]]', '{"a": "b"}', '"\\ud800"', '"%s"' % ('x' * 256), 'nope', 'NaN']
NO_TIME = ['"x"', '"-1"', '"nan"', '"inf"', '"1e300"', '"0x10"', '"1__"', '"1700000000.00000_zz"',
           '"1700000000.00000\\u0000"', f'"{FUTURE}"', '"2000000000.00000"', '"99999999999999999999.00000"']
NO_NUMBER = ['null', '"1"', '1.5', '1e400', '-1e400', 'NaN', '-Infinity', 'Infinity', '[]', '{}', 'true', '9223372036854775808',
             '-99999999999999999999', '1' * 400, '0x10', '+1', '01', '.5', '--1']
NO_LIST = ['null ', '1', '"x"', 'true', '{}', '[1]', '[null]', '[[]]', '["x"]', '[{}]', '[true]', '[,]', '[', ']', '{"0": {}}']

NO_REQUEST = [
    ('nothing', b''), ('blanks', b' \r\n\t '), ('NUL', b'\0'), ('a byte order mark', b'\xef\xbb\xbf["sync"]'), ('UTF-16', '["sync"]'.encode('utf-16')),
    ('null', b'null'), ('true', b'true'), ('a number', b'1'), ('a huge number', b'1' * 100_000), ('a text', b'"sync"'),
    ('an object', b'{"op": "sync"}'), ('an empty object', b'{}'), ('an empty array', b'[]'), ('an open array', b'['),
    ('a closed array', b']'), ('two arrays', b'["sync"]["sync"]'), ('text behind', b'["get_shard_ranges"] x'), ('a comma too many', b'["sync",]'),
    ('no comma', b'["sync" 1]'), ('an open text', b'["sync'), ('an open escape', b'["sync\\'), ('a bad escape', b'["\\x"]'),
    ('a bad \\u', b'["\\u12"]'), ('single quotes', b"['sync']"), ('a comment', b'/**/["sync"]'), ('not UTF-8', b'["\xff\xfe"]'),
    ('a pickle', b"cos\nsystem\n(S'touch /tmp/x'\ntR."), ('XML', b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
    ('wrong brackets', b'["sync", [}]'), ('33 elements', json.dumps(['sync'] * 33).encode()), ('a million elements', b'[' + b'1,' * MILLION + b'1]'),
]
NO_OP = ['1', 'null', 'true', '[]', '{}', '[["sync"]]', '""', '"SYNC"', '"sync "', '"sync\\u0000"', '"\\ud800"', '"rm -rf"', '"../sync"',
         '"__class__"', '"merge_items\\n"', '"%s"' % ('x' * 100_000), '"_handle_sync_request"', '"delete"']
DEEP = [('arrays', deep(b'[', b']')), ('open arrays', b'[' * MILLION), ('objects', deep(b'{"a":', b'}', inner=b'1')),
        ('open objects', b'{"a":' * MILLION), ('both', deep(b'[{"a":', b'}]', MILLION // 2, b'1'))]


def replaced(whole, position, text):
    """A JSON list with one element's text replaced."""
    parts = [text if i == position else json.dumps(part) for i, part in enumerate(whole)]
    return ('[' + ', '.join(parts) + ']').encode()


def member(whole, name, text):
    parts = [f'"{key}": {text if key == name else json.dumps(value)}' for key, value in whole.items()]
    return '{' + ', '.join(parts) + '}'


def sync_cases():
    for position, name in ((1, 'max_row'), (9, 'count'), (10, 'policy')):
        bad = [text for text in NO_NUMBER if (name, text) != ('policy', 'null')]
        for text in bad + {'max_row': ['-2'], 'policy': ['-1', '1000001'], 'count': []}[name]:
            yield Case(f'sync {name} {text[:30]}', replaced(SYNC, position, text))
    for position, name in ((2, 'hash'), (3, 'id'), (4, 'created_at'), (5, 'put'), (6, 'delete'), (8, 'status_changed_at')):
        for text in NO_TEXT + (NO_TIME if position not in (2, 3) else []):
            yield Case(f'sync {name} {text[:30]}', replaced(SYNC, position, text))
    for text in ['1', '[]', '{}', 'true', '"[]"', '"1"', '"{\\"a\\": 1}"', '"{\\"a\\": [1, 2]}"', '"{\\"a\\": [\\"b\\"]}"',
                 '"{\\"a\\": [\\"b\\", \\"%s\\"]}"' % FUTURE, '"{\\"a\\": [\\"b\\", \\"x\\"]}"', '"%s"' % (' ' * (MILLION + 100_000))]:
        yield Case(f'sync metadata {text[:40]}', replaced(SYNC, 7, text))
    for count in range(1, 8):
        yield Case(f'sync with {count - 1} arguments', SYNC[:count])
    for position in range(1, len(SYNC)):
        yield Case(f'sync, argument {position} of a million levels', replaced(SYNC, position, deep(b'[', b']').decode()))
    yield Case('sync, garbage for metadata and then for the policy', replaced(SYNC[:7] + ['{nope'] + SYNC[8:], 10, '"x"'))
    yield Case('sync, a hash of ten million numbers', replaced(SYNC, 2, '[' + '1,' * (10 * MILLION) + '1]'), megabytes=80)


def row_cases(kind, row):
    def rows(text):
        return ('["merge_items", %s, "peer"]' % text).encode()
    good = json.dumps(row)
    for text in NO_LIST:
        yield Case(f'rows {text}', rows(text))
    for text in ['1', '[]', '{}', 'true', '"\\ud800"', 'nope', '"%s"' % ('x' * 256)]:
        yield Case(f'source {text[:30]}', ('["merge_items", [%s], %s]' % (good, text)).encode())
    yield Case('no source', ('["merge_items", [%s]]' % good).encode())
    yield Case('no rows', ['merge_items'])
    times = ['created_at'] if kind == 'container' else ['put_timestamp', 'delete_timestamp']
    for time in times:
        for text in NO_TIME:
            yield Case(f'row {time} {text[:30]}', rows(f'[{member(row, time, text)}]'))
    for name in ('name', times[0]):
        for text in ('[]', '{}', '"\\ud800"', 'NaN', '1e999', 'nope', deep(b'[', b']').decode()):
            yield Case(f'row {name} {text[:30]}', rows(f'[{member(row, name, text)}]'))
        yield Case(f'row without {name}', rows(json.dumps([{key: value for key, value in row.items() if key != name}])))
    for text in ('[]', '{}', '"x"', '1e400', 'NaN', deep(b'{"a":', b'}', inner=b'1').decode()):
        yield Case(f'row ROWID {text[:30]}', rows(f'[{member(row, "ROWID", text)}]'))
    yield Case('a good row, then none', rows(f'[{good}, 1]'))
    yield Case('a good row, then a comma', rows(f'[{good},]'))
    yield Case('a good row, then the future', rows(f'[{good}, {member(row, times[0], chr(34) + FUTURE + chr(34))}]'))
    yield Case('rows without an end', ('["merge_items", [%s' % (good + ', ') * 1000).encode())
    yield Case('200,001 rows', lambda _: rows('[' + ', '.join([json.dumps({'ROWID': 1, 'name': 'evil', times[0]: NOW})] * 200_001) + ']'), megabytes=60)
    yield Case('a row of a million members', lambda _: rows('[{' + ', '.join(['"x": 1'] * MILLION) + '}]'), megabytes=40)
    yield Case('a name of 60 MB', lambda _: rows('[%s, 1]' % json.dumps(dict(row, name='n' * (60 * MILLION)))), megabytes=220)


def list_cases():
    def syncs(text):
        return f'["merge_syncs", {text}]'.encode()
    for text in NO_LIST[1:] + ['[{"remote_id": "x"}]', '[{"sync_point": 1}]', '[{"remote_id": "x", "sync_point": -2}]',
                               '[{"remote_id": "%s", "sync_point": 1}]' % ('x' * 256)]:
        yield Case(f'sync points {text[:40]}', syncs(text))
    for text in NO_NUMBER:
        yield Case(f'sync point {text[:30]}', syncs('[{"remote_id": "x", "sync_point": %s}]' % text))
    for text in NO_TEXT:
        yield Case(f'remote_id {text[:30]}', syncs('[{"remote_id": %s, "sync_point": 1}]' % text))
    yield Case('50,001 sync points', syncs('[' + ', '.join(['{"remote_id": "x", "sync_point": 1}'] * 50_001) + ']'), megabytes=30)
    yield Case('a million sync points', syncs('[' + ', '.join(['{}'] * MILLION) + ']'), megabytes=80)
    yield Case('no sync points', ['merge_syncs'])


def range_cases():
    def ranges(text):
        return f'["merge_shard_ranges", {text}, "peer"]'.encode()
    for text in NO_LIST[1:]:
        yield Case(f'shard ranges {text}', ranges(text))
    for name in ('timestamp', 'meta_timestamp', 'state_timestamp', 'epoch'):
        for text in ('1', '[]', f'"{FUTURE}"', '"x"', '"nan"'):
            yield Case(f'shard range {name} {text}', ranges(f'[{member(RANGE, name, text)}]'))
    for name in ('object_count', 'bytes_used', 'state'):
        for text in ('"x"', '[]', 'NaN', '1e400', '-1'):
            yield Case(f'shard range {name} {text}', ranges(f'[{member(RANGE, name, text)}]'))
    for name in ('name', 'lower', 'upper'):
        for text in ('[]', '{}', '"\\ud800"', '5', deep(b'[', b']').decode()):
            yield Case(f'shard range {name} {text[:30]}', ranges(f'[{member(RANGE, name, text)}]'))
    yield Case('shard range without names', ranges('[{"timestamp": "1"}]'))
    yield Case('shard range that ends before it begins', ranges('[%s]' % json.dumps(dict(RANGE, lower='z', upper='a'))))
    yield Case('shard range named outside', ranges('[%s]' % json.dumps(dict(RANGE, name='../../outside'))))
    yield Case('50,001 shard ranges', lambda _: ranges('[' + ', '.join(['{"name": "a/b"}'] * 50_001) + ']'), megabytes=60)
    yield Case('no shard ranges', ['merge_shard_ranges'])


def name_cases(kind):
    bad = ['1', 'null', '[]', '{}', 'true', '""', '"."', '".."', '"../sdb"', '"../../outside/victim.db"', '"/etc/passwd"', '"a/b"', '"a/../b"',
           '"a\\u0000b"', '"a\\nb"', '"\\u00e9"', '".hidden"', '"/"', '"./peer-id"', '"%s"' % ('x' * 201), '"%s"' % ('x' * 256), '"\\ud800"']
    bad_base = ['1', 'null', '[]', '""', '".."', '"../x.db"', '"/tmp/x.db"', '"x.db"', '"%s.db"' % ('0' * 32), '"%s/x"', '"%s.db-journal"',
                '"%s.db.pending"', '".lock"', '"%s_1.db"', '"%s_1700000000.00000.db/../x"', '"%s.db\\u0000"', '"%s.DB"']
    for op in ('complete_rsync', 'rsync_then_merge'):
        for text in bad:
            yield Case(f'{op} {text[:30]}', f'["{op}", {text}]'.encode())
        for text in bad_base:
            yield Case(f'{op} to {text[:30]}', lambda world, op=op, text=text: (
                f'["{op}", "peer-id", {text.replace("%s", world.hash)}]'.encode()))
        yield Case(f'{op} of the absolute sentinel', lambda world, op=op: [op, f'{world.outside}/victim.db'])
        yield Case(f'{op} to the absolute sentinel', lambda world, op=op: [op, 'peer-id', f'{world.outside}/victim.db'])
        yield Case(f'{op} without a name', [op])
    if kind == 'account':
        yield Case('an account with an epoch', lambda world: ['complete_rsync', 'peer-id', f'{world.hash}_1700000000.00000.db'])
        for op in ('merge_shard_ranges', 'get_shard_ranges'):
            yield Case(f'{op} of an account', [op, [], 'x'])


def cases(kind):
    for name, body in NO_REQUEST:
        yield Case(f'body: {name}', body, megabytes=40 if len(body) > MILLION else 0)
    for text in NO_OP:
        yield Case(f'op {text[:30]}', f'[{text}]'.encode())
    for name, body in DEEP:
        yield Case(f'a million levels of {name}', body, megabytes=10)
        yield Case(f'a million levels of {name} as rows', b'["merge_items", ' + body + b', null]', megabytes=10)
    yield from row_cases(kind, ROW if kind == 'container' else RECORD)
    yield from name_cases(kind)
    if kind == 'container':
        yield from sync_cases()
        yield from list_cases()
        yield from range_cases()
