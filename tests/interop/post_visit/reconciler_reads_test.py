"""Queues that our replicator fills, read as Swift's container-reconciler reads them: through Swift's container server and
the reconciler's own parser. And queues of several nodes, merged by Swift's broker and by ours."""
import json
import sys

from interop.broker.swift_hand import at_time
from interop.post_visit.nodes import Pair, internal, queues, row
from swift.common.swob import Request
from swift.common.utils import decode_timestamps, split_path
from swift.container.backend import ContainerBroker
from swift.container.reconciler import parse_raw_obj
from swift.container.server import ContainerController

NOW = 1700100000
HOUR = '1699999200'
ROWS = [row('plain', internal(1700000000.12345), 1), row('gr\u00fc\u00dfe/a b:c', internal(1700000001), 2),
        row('gone', internal(1700000002, offset=5), 1, deleted=1), row('\U0001f600', internal(1700000003), 1)]


def expect(condition, what):
    if not condition:
        sys.exit(what)


def fill(pair):
    broker = pair.create('AUTH_test', 'pictures')
    with at_time(NOW - 100):
        broker.merge_items([dict(each) for each in ROWS] + [row('right', internal(1700000009), 0)])
    pair.copy()
    answer = pair.our_hook('AUTH_test', 'pictures', [True, True], 3, NOW)
    expect(answer == {'log': []}, 'our hook: %s' % answer)
    found = queues(pair.devices('ours'))
    expect(list(found) == [HOUR], 'queues: %s' % found)
    return found[HOUR]


def listing(pair, path):
    """The queue container as Swift's container server lists it, which is what the reconciler asks for."""
    server = ContainerController({'devices': pair.devices('ours'), 'mount_check': 'false', 'fallocate_reserve': '0'})
    device, _, partition, _ = split_path(path[len(pair.devices('ours')):], 4, 4, True)
    request = Request.blank('/%s/%s/.misplaced_objects/%s?format=json' % (device, partition, HOUR))
    response = request.get_response(server)
    expect(response.status_int == 200, 'the listing: %s' % response.status)
    return json.loads(response.body)


def check_reconciler_reads():
    with Pair() as pair:
        entries = [parse_raw_obj(entry) for entry in listing(pair, fill(pair))]
        found = {(entry['q_policy_index'], entry['account'], entry['container'], entry['obj'], entry['q_op'],
                  entry['q_ts'].internal) for entry in entries}
        wanted = {(each['storage_policy_index'], 'AUTH_test', 'pictures', each['name'],
                   'DELETE' if each['deleted'] else 'PUT', decode_timestamps(each['created_at'])[0].internal) for each in ROWS}
        expect(found == wanted, 'the reconciler reads %s, not %s' % (sorted(found), sorted(wanted)))
        expect(len(entries) == len(ROWS), 'entries twice')


def items(path):
    return ContainerBroker(path).get_items_since(-1, 1000)


def check_several_nodes():
    """Three nodes with the same misplaced rows: each fills a queue of its own, and merging makes one of them."""
    with Pair(0) as first, Pair(1) as second, Pair(2) as third:
        paths = [fill(pair) for pair in (first, second, third)]
        hashes = {ContainerBroker(path).get_info()['hash'] for path in paths}
        expect(len(hashes) == 1, 'queues of equal rows differ')
        for path in paths[1:]:
            ContainerBroker(paths[0]).merge_items(items(path), 'peer-' + path)
        info = ContainerBroker(paths[0]).get_replication_info()
        expect(info['count'] == len(ROWS), '%d entries after merging' % info['count'])
        expect({info['hash']} == hashes, 'merging equal queues changed the hash')
        # What the reconciler has done already does not come back: its deletion is newer.
        name = '1:/AUTH_test/pictures/plain'
        done = {'name': name, 'created_at': internal(1700000000.12345, offset=2), 'size': 0, 'content_type': '', 'etag': '',
                'deleted': 1, 'storage_policy_index': 0}
        ContainerBroker(paths[0]).merge_items([done])
        ContainerBroker(paths[0]).merge_items(items(paths[1]))
        names = [entry['name'] for entry in items(paths[0]) if not entry['deleted']]
        expect(name not in names and len(names) == len(ROWS) - 1, 'a finished entry came back')


def main():
    check_reconciler_reads()
    check_several_nodes()
    print('Swift reads our queues')


if __name__ == '__main__':
    main()
