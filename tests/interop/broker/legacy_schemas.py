"""Databases as older Swifts made them: every generation of swift-reference.md section 3.7, with rows in them."""
import contextlib
import os
import sqlite3

from swift.common.db import chexor

HASH = "'00000000000000000000000000000000'"
UPDATE_REFUSED = "BEGIN SELECT RAISE(FAIL, 'UPDATE not allowed; DELETE and INSERT'); END;"
TIMES = "put_timestamp TEXT DEFAULT '0', delete_timestamp TEXT DEFAULT '0',"
REPORTED = ("reported_put_timestamp TEXT DEFAULT '0', reported_delete_timestamp TEXT DEFAULT '0', "
            'reported_object_count INTEGER DEFAULT 0, reported_bytes_used INTEGER DEFAULT 0,')
STATUS = "hash TEXT DEFAULT %s, id TEXT, status TEXT DEFAULT '', status_changed_at TEXT DEFAULT '0'" % HASH
SYNC_POINTS = ', x_container_sync_point1 INTEGER DEFAULT -1, x_container_sync_point2 INTEGER DEFAULT -1'
ID = '01234567-89ab-cdef-0123-456789abcdef-sda1'

# generation -> what it has; the newest first. What it lacks is migrated on write and defaulted on read.
CONTAINER = {
    'container-before-tombstones': {'index', 'metadata', 'sync points', 'policies', 'updated_at', 'shard ranges', 'reported'},
    'container-before-reported': {'index', 'metadata', 'sync points', 'policies', 'updated_at', 'shard ranges'},
    'container-before-shard-ranges': {'index', 'metadata', 'sync points', 'policies', 'updated_at'},
    'container-before-policies': {'index', 'metadata', 'sync points', 'updated_at'},
    'container-before-sync-points': {'index', 'metadata', 'updated_at'},
    'container-before-updated-at': {'index', 'metadata'},
    'container-before-metadata': {'index'},
    'container-before-index': set(),
}
ACCOUNT = {
    'account-before-container-count': {'index', 'metadata', 'updated_at', 'policies'},
    'account-half-upgraded': {'index', 'metadata', 'updated_at', 'policy_stat'},
    'account-before-policies': {'index', 'metadata', 'updated_at'},
    'account-before-updated-at': {'index', 'metadata'},
    'account-before-metadata': {'index'},
    'account-before-index': set(),
}
ALL = [('container', generation) for generation in CONTAINER] + [('account', generation) for generation in ACCOUNT]


def sync_tables(has):
    columns = 'remote_id TEXT UNIQUE, sync_point INTEGER' + (', updated_at TEXT DEFAULT 0' if 'updated_at' in has else '')
    sql = ''
    for table in ('outgoing_sync', 'incoming_sync'):
        sql += 'CREATE TABLE %s (%s);' % (table, columns)
        if 'updated_at' in has:
            for event in ('insert', 'update'):
                sql += ("CREATE TRIGGER %s_%s AFTER %s ON %s BEGIN UPDATE %s SET updated_at = STRFTIME('%%s', 'NOW') "
                        'WHERE ROWID = new.ROWID; END;' % (table, event, event.upper(), table, table))
    return sql


def container_sql(has):
    policies = 'policies' in has
    sql = sync_tables(has) + '''
        CREATE TABLE object (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, created_at TEXT, size INTEGER,
                             content_type TEXT, etag TEXT, deleted INTEGER DEFAULT 0%s);
        CREATE TRIGGER object_update BEFORE UPDATE ON object %s
    ''' % (', storage_policy_index INTEGER DEFAULT 0' if policies else '', UPDATE_REFUSED)
    if 'index' in has:
        sql += 'CREATE INDEX ix_object_deleted_name ON object (deleted, name);'
    optional = (", metadata TEXT DEFAULT ''" if 'metadata' in has else '') + (SYNC_POINTS if 'sync points' in has else '')
    if policies:
        return sql + container_policy_sql(has)
    stats = ('object_count INTEGER, bytes_used INTEGER,')
    sql += 'CREATE TABLE container_stat (account TEXT, container TEXT, created_at TEXT, %s %s %s %s%s);' % (
        TIMES, stats, REPORTED, STATUS, optional)
    sql += 'INSERT INTO container_stat (object_count, bytes_used) VALUES (0, 0);'
    for event, row, sign in (('insert', 'new', '+'), ('delete', 'old', '-')):
        sql += '''CREATE TRIGGER object_{event} AFTER {event} ON object BEGIN UPDATE container_stat
            SET object_count = object_count {sign} (1 - {row}.deleted), bytes_used = bytes_used {sign} {row}.size,
                hash = chexor(hash, {row}.name, {row}.created_at); END;'''.format(event=event, row=row, sign=sign)
    return sql


def container_policy_sql(has):
    """Today's schema but for the table of shard ranges."""
    from swift.container import backend  # imported late: only its texts of today's parts are wanted
    sql = backend.POLICY_STAT_TABLE_CREATE + 'INSERT INTO policy_stat (storage_policy_index) VALUES (0);'
    sql += backend.POLICY_STAT_TRIGGER_SCRIPT + backend.CONTAINER_INFO_TABLE_SCRIPT + backend.CONTAINER_STAT_VIEW_SCRIPT
    sql += 'INSERT INTO container_info (account) VALUES (NULL);'
    if 'shard ranges' in has:
        sql += '''CREATE TABLE shard_range (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, timestamp TEXT, lower TEXT,
            upper TEXT, object_count INTEGER DEFAULT 0, bytes_used INTEGER DEFAULT 0, meta_timestamp TEXT,
            deleted INTEGER DEFAULT 0, state INTEGER, state_timestamp TEXT, epoch TEXT%s);
            CREATE TRIGGER shard_range_update BEFORE UPDATE ON shard_range %s''' % (
            ', reported INTEGER DEFAULT 0' if 'reported' in has else '', UPDATE_REFUSED)
    return sql


def account_sql(has):
    policies = 'policies' in has
    sql = sync_tables(has) + '''
        CREATE TABLE container (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, put_timestamp TEXT, delete_timestamp TEXT,
                                object_count INTEGER, bytes_used INTEGER, deleted INTEGER DEFAULT 0%s);
        CREATE TRIGGER container_update BEFORE UPDATE ON container %s
    ''' % (', storage_policy_index INTEGER DEFAULT 0' if policies else '', UPDATE_REFUSED)
    if 'index' in has:
        sql += 'CREATE INDEX ix_container_deleted_name ON container (deleted, name);'
    sql += 'CREATE TABLE account_stat (account TEXT, created_at TEXT, %s container_count INTEGER, object_count INTEGER ' \
           'DEFAULT 0, bytes_used INTEGER DEFAULT 0, %s%s);' % (TIMES, STATUS, ", metadata TEXT DEFAULT ''" if 'metadata' in has else '')
    sql += 'INSERT INTO account_stat (container_count) VALUES (0);'
    for event, row, sign in (('insert', 'new', '+'), ('delete', 'old', '-')):
        stats = 'object_count = object_count {sign} {row}.object_count, bytes_used = bytes_used {sign} {row}.bytes_used'
        sql += ('''CREATE TRIGGER container_{event} AFTER {event} ON container BEGIN UPDATE account_stat
            SET container_count = container_count {sign} (1 - {row}.deleted), ''' + stats + ''',
                hash = chexor(hash, {row}.name, {row}.put_timestamp || '-' || {row}.delete_timestamp || '-' ||
                              {row}.object_count || '-' || {row}.bytes_used); END;''').format(event=event, row=row, sign=sign)
        if policies:
            seed = '' if event == 'delete' else \
                'INSERT OR IGNORE INTO policy_stat (storage_policy_index, object_count, bytes_used) ' \
                'VALUES (new.storage_policy_index, 0, 0);'
            sql += ('''CREATE TRIGGER container_{event}_ps AFTER {event} ON container BEGIN {seed} UPDATE policy_stat
                SET ''' + stats + ''' WHERE storage_policy_index = {row}.storage_policy_index; END;''').format(
                    event=event, row=row, sign=sign, seed=seed)
    if 'policies' in has or 'policy_stat' in has:
        count = 'container_count INTEGER DEFAULT 0,' if 'policy_stat' in has else ''
        sql += 'CREATE TABLE policy_stat (storage_policy_index INTEGER PRIMARY KEY, %s object_count INTEGER DEFAULT 0, ' \
               'bytes_used INTEGER DEFAULT 0);' % count
    return sql


def insert_rows(connection, kind, has):
    if kind == 'container':
        rows = [('o1', '1700000010.00000', 5, 'text/plain', 'e1', 0), ('o2', '1700000011.00000', 7, 'a/b;swift_bytes=9', 'e2', 0),
                ('o3', '1700000012.00000', 0, 'application/deleted', 'noetag', 1)]
        connection.executemany('INSERT INTO object (name, created_at, size, content_type, etag, deleted) '
                               'VALUES (?, ?, ?, ?, ?, ?)', rows)
        if 'shard ranges' in has:
            connection.execute("INSERT INTO shard_range (name, timestamp, lower, upper, meta_timestamp, state, state_timestamp) "
                               "VALUES ('.shards_a/c-1', '1700000005.00000', 'd', 'm', '1700000006.00000', 40, '1700000006.00000')")
    else:
        rows = [('o1', '1700000010.00000', '0', 3, 30, 0), ('o2', '1700000011.00000', '1700000012.00000', 0, 0, 1)]
        connection.executemany('INSERT INTO container (name, put_timestamp, delete_timestamp, object_count, bytes_used, deleted) '
                               'VALUES (?, ?, ?, ?, ?, ?)', rows)
        if 'policies' in has:
            connection.execute("INSERT INTO container (name, put_timestamp, delete_timestamp, object_count, bytes_used, deleted, "
                               "storage_policy_index) VALUES ('o3', '1700000013.00000', '0', 2, 20, 0, 1)")
    connection.executemany('INSERT INTO incoming_sync (remote_id, sync_point) VALUES (?, ?)', [('peer-one', 2)])


def create(path, history):
    """The database of a history that starts in the past."""
    kind, generation = history['kind'], history['start']
    has = (CONTAINER if kind == 'container' else ACCOUNT)[generation]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.create_function('chexor', 3, chexor)
        connection.executescript(container_sql(has) if kind == 'container' else account_sql(has))
        table = 'account_stat' if kind == 'account' else 'container_info' if 'policies' in has else 'container_stat'
        stat = {'account': history['account'], 'created_at': '1700000001.00000', 'put_timestamp': '1700000001.00000',
                'delete_timestamp': '0', 'status_changed_at': '1700000001.00000', 'id': ID}
        if kind == 'container':
            stat.update(container=history['container'], reported_put_timestamp='1700000001.00000',
                        reported_delete_timestamp='1700000000.50000', reported_object_count=9)
        connection.execute('UPDATE %s SET %s' % (table, ', '.join(column + ' = ?' for column in stat)), list(stat.values()))
        insert_rows(connection, kind, has)
        connection.commit()
