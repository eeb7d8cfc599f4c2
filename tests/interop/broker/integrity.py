"""Is a database sound, and do its sums follow from its rows? Independent of both hands: only SQLite and MD5."""
import hashlib
import sqlite3


def xor_of_rows(rows):
    """The hash of (name, text) pairs, swift-reference.md section 3.5."""
    digest = 0
    for name, text in rows:
        digest ^= int(hashlib.md5(('%s-%s' % (name, text)).encode('utf8'), usedforsecurity=False).hexdigest(), 16)
    return '%032x' % digest


def problems(path, kind='container'):
    """Lines of text, one for each thing that is wrong; an empty list for a sound database."""
    connection = sqlite3.connect(path, timeout=30)
    try:
        verdict = connection.execute('PRAGMA integrity_check').fetchone()[0]
        found = [] if verdict == 'ok' else ['integrity_check: ' + verdict]
        return found + (container_problems(connection) if kind == 'container' else account_problems(connection))
    finally:
        connection.close()


def container_problems(connection):
    found = []
    stored = connection.execute('SELECT hash FROM container_info').fetchall()
    if len(stored) != 1:
        return ['%d rows in container_info' % len(stored)]
    expected = xor_of_rows(connection.execute('SELECT name, created_at FROM object'))
    if stored[0][0] != expected:
        found.append('hash %s, of the rows %s' % (stored[0][0], expected))
    sums = dict((policy, (count, used)) for policy, count, used in connection.execute(
        'SELECT storage_policy_index, sum(1 - deleted), sum(size) FROM object GROUP BY storage_policy_index'))
    for policy, count, used in connection.execute('SELECT * FROM policy_stat'):
        if sums.pop(policy, (0, 0)) != (count, used):
            found.append('policy_stat of policy %d does not follow from the rows' % policy)
    found += ['policy %d has rows but no policy_stat' % policy for policy in sums]
    twice = connection.execute('SELECT count(*) FROM (SELECT 1 FROM object GROUP BY name, storage_policy_index '
                               'HAVING count(*) > 1)').fetchone()[0]
    return found + (['%d names stand twice' % twice] if twice else [])


def account_problems(connection):
    found = []
    stored = connection.execute('SELECT hash, container_count, object_count, bytes_used FROM account_stat').fetchall()
    expected = xor_of_rows(connection.execute("SELECT name, put_timestamp || '-' || delete_timestamp || '-' || object_count "
                                              "|| '-' || bytes_used FROM container"))
    sums = connection.execute('SELECT coalesce(sum(1 - deleted), 0), coalesce(sum(object_count), 0), '
                              'coalesce(sum(bytes_used), 0) FROM container').fetchone()
    if [tuple(row) for row in stored] != [(expected,) + tuple(sums)]:
        found.append('account_stat %r, of the rows %r' % (stored, (expected,) + tuple(sums)))
    return found
