"""Swift's brokers write to a container, from processes of their own, all the time while rsync_then_merge replaces its file
again and again: every row that a writer was told is there must be there at the end.

usage: lost_rows_test.py MERGES WRITERS
"""
import multiprocessing
import os
import shutil
import sys
import tempfile
import time

from interop.replicate.hands import OurReceiver
from swift.common.utils import Timestamp, hash_path
from swift.container.backend import ContainerBroker

HASH = hash_path('a', 'c')

def write(path, number, stop, results):
    """Every way in which servers and replicators write: pending records, merged rows, reads that commit."""
    acknowledged, failed, count = [], 0, 0
    while not stop.is_set():
        count += 1
        time.sleep(0.005)  # every merge copies all rows: not too many
        name = 'w%d-%06d' % (number, count)
        try:
            broker = ContainerBroker(path, account='a', container='c')
            if count % 2:
                broker.is_deleted()  # opens the database before the lock is had, as the server does
            if count % 3:
                broker.put_object(name, Timestamp.now().internal, 1, 't', 'e')
            else:
                broker.merge_items([{'name': name, 'created_at': Timestamp.now().internal, 'size': 1, 'content_type': 't',
                                     'etag': 'e', 'deleted': 0, 'storage_policy_index': 0}])
            acknowledged.append(name)
        except Exception as error:  # a refused write may be lost: its client knows
            failed += 1
            if failed < 4:
                print('writer %d: %s: %s' % (number, type(error).__name__, error), flush=True)
    results.put((acknowledged, failed))

def main():
    merges, writers = int(sys.argv[1]), int(sys.argv[2])
    root = tempfile.mkdtemp(prefix='dbrepl-lost-', dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)
    path = os.path.join(root, 'd', 'sda', 'containers', '5', HASH[-3:], HASH, HASH + '.db')
    os.makedirs(os.path.join(root, 'd', 'sda', 'tmp'))
    receiver = OurReceiver('container', os.path.join(root, 'd'))
    stop, results = multiprocessing.Event(), multiprocessing.Queue()
    processes = []
    try:
        os.makedirs(os.path.dirname(path))
        ContainerBroker(path, account='a', container='c').initialize(Timestamp(1700000000).internal, 0)
        processes = [multiprocessing.Process(target=write, args=(path, number, stop, results)) for number in range(writers)]
        for process in processes:
            process.start()
        wanted = set()
        for number in range(merges):
            sender = os.path.join(root, 'sender%d' % number, HASH + '.db')
            os.makedirs(os.path.dirname(sender))
            broker = ContainerBroker(sender, account='a', container='c')
            broker.initialize(Timestamp(1700000000).internal, 0)
            name = 'merged%d' % number
            broker.merge_items([{'name': name, 'created_at': Timestamp.now().internal, 'size': 1, 'content_type': 't', 'etag': 'e',
                                 'deleted': 0, 'storage_policy_index': 0, 'ROWID': 1}])
            sender_id = broker.get_info()['id']
            os.rename(sender, os.path.join(root, 'd', 'sda', 'tmp', sender_id))
            answer = receiver.ask('/sda/5/%s' % HASH, ['rsync_then_merge', sender_id, HASH + '.db'], time.time())
            if answer[0] != 204:
                sys.exit('merge %d: %s %s' % (number, answer, receiver.log))
            wanted.add(name)
        stop.set()
        written = [results.get(timeout=60) for _ in processes]
        for acknowledged, _ in written:
            wanted.update(acknowledged)
        broker = ContainerBroker(path, account='a', container='c')
        broker.get_info()
        with broker.get() as connection:
            names = {row[0] for row in connection.execute('SELECT name FROM object')}
            integrity = connection.execute('PRAGMA integrity_check').fetchone()[0]
        failed = sum(count for _, count in written)
        print('%d merges, %d rows, %d writes refused' % (merges, len(wanted), failed))
        if integrity != 'ok':
            sys.exit('integrity_check: %s' % integrity)
        if wanted - names:
            sys.exit('%d rows are lost, such as %s' % (len(wanted - names), sorted(wanted - names)[:5]))
        if min(len(acknowledged) for acknowledged, _ in written) < merges // 4:
            sys.exit('hardly anything was written meanwhile: the test has tested nothing')
    finally:
        stop.set()
        for process in processes:
            process.kill()
            process.join()
        receiver.close()
        shutil.rmtree(root)

if __name__ == '__main__':
    main()
