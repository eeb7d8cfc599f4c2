"""Adds rows to the database that rsync has just been given, named after where it goes: a writer that comes in between. The file
grows, for rsync takes files of one size that changed in the same second for equal.

usage: write_rows.py <arguments of rsync>
"""
import hashlib
import sqlite3
import sys

TIME = '1600000000.00000'
path, target = sys.argv[-2:]
names = [f'meanwhile-{target.split("/")[-3]}-{number}-{"x" * 1000}' for number in range(12)]


def chexor(old, name, timestamp):
    new = int(hashlib.md5(f'{name}-{timestamp}'.encode()).hexdigest(), 16)
    return '%032x' % (int(old, 16) ^ new)


connection = sqlite3.connect(path, timeout=60)
connection.create_function('chexor', 3, chexor)
with connection:
    for name in names:
        if '/containers/' in path:
            connection.execute('INSERT INTO object (name, created_at, size, content_type, etag, deleted, '
                               'storage_policy_index) VALUES (?, ?, 5, "text/plain", "e", 0, 0)', (name, TIME))
        else:
            connection.execute('INSERT INTO container (name, put_timestamp, delete_timestamp, object_count, bytes_used, '
                               'deleted, storage_policy_index) VALUES (?, ?, "0", 5, 50, 0, 0)', (name, TIME))
