"""What a database is, as plain data, and the first place where two of them differ.

A dump holds everything that Swift or a peer can see: every table with its ROWIDs, the schema as object names, columns
and triggers, sqlite_sequence, the pending entries decoded, all epochs' files. Left out: `updated_at`
(SQLite's own clock writes it) and the text of ids (random; their form is checked instead).

Accounts, unless ours renews rows as well: Swift deletes and inserts a row even if nothing about it changes, so that it gets a new ROWID and peers fetch
it again and again. Ours leaves an unchanged row alone. Hence for accounts ROWIDs, sqlite_sequence and what derives
from them (max_row, sync points made by newid) are compared as "none" or "some" only; that a changed row gets a ROWID
above all earlier ones, and an unchanged one keeps its own, is checked by check_law_of_rows.
"""
import base64
import os
import pickle
import re
import sqlite3

ID_FORM = re.compile(r'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-\w*$')  # the sharder's fresh files name a wrong folder as the device


def connect(path):
    connection = sqlite3.connect('file:%s?mode=ro' % path.replace('%', '%25').replace('?', '%3f'), uri=True)
    connection.row_factory = sqlite3.Row
    return connection


def dump_database(path):
    with connect(path) as connection:
        objects = connection.execute('SELECT type, name, tbl_name FROM sqlite_master ORDER BY type, name').fetchall()
        dump = {'schema': [list(row) for row in objects], 'integrity': connection.execute('PRAGMA integrity_check').fetchone()[0],
                'journal_mode': connection.execute('PRAGMA journal_mode').fetchone()[0]}
        for kind, name, _ in objects:
            if kind not in ('table', 'view'):
                continue
            dump['columns of ' + name] = [list(row)[1:] for row in connection.execute("PRAGMA table_info('%s')" % name)]
            key = 'rowid AS row_id, ' if kind == 'table' and name not in ('container_info', 'account_stat', 'sqlite_sequence') else ''
            rows = [plain_row(row) for row in connection.execute("SELECT %s* FROM '%s'" % (key, name))]
            dump['rows of ' + name] = sorted(rows, key=str) if name == 'sqlite_sequence' else rows
    connection.close()
    return dump


def plain_row(row):
    values = dict(row)
    if 'updated_at' in values:
        values['updated_at'] = 'some' if values['updated_at'] and str(values['updated_at']).isdigit() else values['updated_at']
    if isinstance(values.get('id'), str):
        values['id'] = 'uuid-device' if ID_FORM.match(values['id']) else values['id']
    return values


def dump_pending(path):
    if not os.path.exists(path):
        return []
    entries = []
    with open(path, 'rb') as pending:
        for entry in pending.read().split(b':')[1:]:
            try:
                entries.append(list(pickle.loads(base64.b64decode(entry), encoding='utf8')))
            except Exception:  # rubbish that append_pending put there must stand there byte by byte
                entries.append(repr(entry))
    return entries


def dump(path, history):
    """Everything about the database whose epoch-less path this is."""
    folder = os.path.dirname(path)
    names = sorted(name for name in os.listdir(folder) if name.endswith('.db')) if os.path.isdir(folder) else []
    found = {'files': names, 'pending': dump_pending(path + '.pending')}
    for name in names:
        found[name] = dump_database(os.path.join(folder, name))
    return mask_account(found) if keeps_rows(history) else found


def keeps_rows(history):
    """Whether ours may leave rows of accounts alone that Swift writes anew."""
    return history['kind'] == 'account' and not history.get('renews')


def mask_account(value, key=None):
    """ROWIDs of accounts reduced to "none" or "some", rows in the order of their names."""
    if isinstance(value, dict):
        if {'name', 'put_timestamp'} <= set(value):
            return {name: member for name, member in value.items() if name not in ('ROWID', 'row_id')}
        return {name: mask_account(member, name) for name, member in value.items()}
    if isinstance(value, list):
        masked = [mask_account(member, key) for member in value]
        return sorted(masked, key=str) if masked and isinstance(masked[0], dict) else masked
    if key in ('max_row', 'seq', 'sync_point'):
        return 'none' if value == -1 else 'some'
    return value


def mask_result(step, history, answer):
    """An answer as far as it has to be equal: an error is an error, whatever its words."""
    if 'error' in answer:
        return 'error'
    result = answer['result']
    if isinstance(result, dict) and 'id' in result and 'hash' in result:
        result = dict(result, id='uuid-device' if ID_FORM.match(str(result['id'])) else result['id'])
    if history['kind'] != 'account':
        return result
    if step['op'] in ('policy_stats', 'replication_info'):
        result = null_sums_as_zero(result)
    if not keeps_rows(history):
        return result
    if step['op'] == 'items_since':
        return mask_account(result) if step['start'] == -1 and step['count'] >= 10000 else 'rows'
    if step['op'] in ('max_row', 'get_sync'):
        return mask_account(result, 'max_row')
    return mask_account(result)


def null_sums_as_zero(value):
    """Answers of accounts with rows without counts: Swift says null, ours 0. In the database it must be NULL by both."""
    if isinstance(value, dict):
        return {key: null_sums_as_zero(member) for key, member in value.items()}
    return 0 if value is None else value


def difference(left, right, where=''):
    """The first place where two plain values differ, as a line of text; None when they are equal."""
    if type(left) is not type(right):
        return '%s: %r and %r' % (where, left, right)
    if isinstance(left, dict):
        if list(left) != list(right):
            return '%s: members %s and %s' % (where, list(left), list(right))
        return next((found for key in left if (found := difference(left[key], right[key], '%s/%s' % (where, key)))), None)
    if isinstance(left, list):
        for index, (one, other) in enumerate(zip(left, right)):
            if found := difference(one, other, '%s[%d]' % (where, index)):
                return found
        if len(left) != len(right):
            more = (left if len(left) > len(right) else right)[min(len(left), len(right))]
            return '%s: %d and %d entries; the first beyond: %r' % (where, len(left), len(right), more)
        return None
    return None if left == right else '%s: %r and %r' % (where, left, right)


def account_rows(path):
    """ROWID by row content, and sqlite_sequence, of an account database."""
    if not os.path.exists(path):
        return {}, 0
    with connect(path) as connection:
        rows = {tuple(row)[1:]: row['ROWID'] for row in connection.execute('SELECT * FROM container')}
        sequence = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'container'").fetchone()
    connection.close()
    return rows, sequence[0] if sequence else 0


def check_law_of_rows(before, after, repeated=()):
    """What ours promises about ROWIDs of accounts; a line of text when it broke the promise.

    Names in `repeated` stood several times in the batch: such a row may have changed and changed back.
    """
    (old_rows, old_sequence), (rows, _) = before, after
    for content, row_id in rows.items():
        if content in old_rows and row_id != old_rows[content] and content[0] not in repeated:
            return 'an unchanged row went from ROWID %d to %d: %r' % (old_rows[content], row_id, content)
        if content not in old_rows and row_id <= old_sequence:
            return 'a changed row got ROWID %d although %d was given out before: %r' % (row_id, old_sequence, content)
    return None
