"""What can befall accounts only."""
from cluster.scenarios import uncounted


@uncounted('account')
def containers_of_policies(db):
    for position in range(3):
        db.create(position, [(f'c{policy}', 10 * position, 0, {'storage_policy_index': policy}) for policy in range(3)])


def deleted_container_of_an_old_policy(db):
    brokers = db.create_on((0, 1, 2), [('c', 5, 0, {'storage_policy_index': 1}), ('d', 6)])
    db.know(brokers)
    db.add(brokers[2], [('c', 9, 1, {'storage_policy_index': 1})])
