"""Whose storage policy holds when two replicas are of different ones: every life of a container beside every other."""
import itertools

from cluster.scenarios import ends
from cluster.tables import ANSWERING, ASKING, on

# (created, deleted, created again), seconds after the world's base. `half`: a DELETE that came while rows were there.
LIVES = {
    'created': (1, None, None), 'created later': (5, None, None),
    'deleted': (1, 20, None), 'deleted later': (2, 30, None),
    'created again': (3, 40, 50), 'created again later': (4, 45, 60), 'created again before a delete': (3, 10, 15),
    'half deleted': (2, 25, None),
}


def live(db, node, policy, name):
    created, deleted, again = LIVES[name]
    broker = db.create(on(db, node), created=created, policy=policy)
    if deleted:
        broker.delete_db(db.stamp(deleted))
        broker.update_status_changed_at(db.stamp(deleted))
    if again:
        broker.update_put_timestamp(db.stamp(again))
        broker.update_status_changed_at(db.stamp(again))
    if name.startswith('half'):
        db.sql(broker, 'UPDATE container_info SET status = ?', '')
    if again or not deleted or name.startswith('half'):
        db.add(broker, [(f'row{policy}', 11, 0, {'storage_policy_index': policy})])
    # Whether the walk meets a queue of the reconciler that has just been made is chance: none is made.
    broker.update_reconciler_sync(broker.get_max_row())
    # What delete_db and rows make of it is the time of this test.
    db.sql(broker, 'UPDATE container_info SET status_changed_at = ?', db.stamp(again or deleted or created))


def cells():
    return [cell(*names) for names in itertools.product(LIVES, LIVES)]


def cell(local, remote):
    @ends('open')
    def conflict(db):
        live(db, ASKING, 1, local)
        live(db, ANSWERING, 2, remote)
    conflict.__name__ = f'{local} asks {remote}'
    return conflict
