"""What Swift's replicators and servers really said (tests/data/transcripts), as objects to repeat and to compare with."""
import collections
import json
import os
import re

HASH_PREFIX, HASH_SUFFIX = 'labprefix', 'labsuffix'
PART_POWER = 10
DATABASE_ID = re.compile('[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:-[a-z0-9]+)?')

Exchange = collections.namedtuple('Exchange', 'conn node request_head request_body response_head response_body')


class Pass:
    """One run of a replicator on a node: the exchanges it had, and its counters."""

    def __init__(self, node):
        self.node, self.exchanges, self.recon, self.began, self.ended_at = node, [], None, 0.0, 0.0

    @property
    def counters(self):
        return {key: value for key, value in self.recon['replication_stats'].items() if key != 'start'}

    def unanswered(self):
        """Nodes whose rsync_then_merge the replicator gave up before the answer: Swift waits milliseconds for it."""
        failed = self.counters.get('failure_nodes', {}).get('127.0.0.1', {})
        return {exchange.node for exchange in self.exchanges
                if operation(exchange) == 'rsync_then_merge' and f'sd{exchange.node}' in failed}


class Transcript:
    def __init__(self, name):
        path = os.path.join(os.environ['DBREPL_SOURCE'], 'tests/data/transcripts', name + '.jsonl')
        self.passes, self.probes, self.closed_by_server, label = [], [], set(), None
        with open(path, encoding='utf-8') as lines:
            for event in map(json.loads, lines):
                what = event['ev']
                if what in ('about', 'before', 'after'):
                    setattr(self, what, event)
                elif what == 'start':
                    self.passes.append(Pass(event['node']))
                    began = event['t']
                elif what == 'exit':
                    last = self.passes[-1]
                    last.recon = json.loads(event['recon'])
                    last.began = last.recon['replication_last'] - (event['t'] - began)
                elif what == 'probe':
                    label = event['label']
                elif what == 'close' and event['by'] == 'server':
                    self.closed_by_server.add(event['conn'])
                elif what == 'exchange':
                    exchange = Exchange(*(event[key] for key in Exchange._fields))
                    if label is None:
                        self.passes[-1].exchanges.append(exchange)
                    else:
                        self.probes.append((label, exchange))
        self.kind = self.about['kind']
        # The situations differ in what the replicator is told, too.
        self.settings = self.about['replicator_settings']
        words = self.about['replicator_args']
        self.arguments = {{'-d': 'devices', '-p': 'partitions'}[words[at]]: words[at + 1]
                          for at in range(0, len(words), 2)}
        self.policies = 1 if name.endswith('one-policy') else 2


def operation(exchange):
    body = exchange.request_body
    return json.loads(body)[0] if body.startswith('["') else None


def hash_of(exchange):
    return exchange.request_head.split(' ', 2)[1].rsplit('/', 1)[1]


def header_pairs(head, without):
    """Neither those by which our servers and replicators know each other, which Swift's do not look at."""
    pairs = [line.split(': ', 1) for line in head.split('\r\n')[1:] if line]
    return [(name.lower(), value) for name, value in pairs
            if name.lower() not in without and not name.lower().startswith('x-dbrepl')]


def status_of(head):
    return int(head.split(' ', 2)[1])


class Names:
    """Database ids as two runs can share them: those that were there before stay, those that appear later are called
    after the node and database that carries them."""

    def __init__(self, before, after, exchanges):
        self.known = {row['id'] for row in stat_rows(before)}
        self.later = {}
        for database in after:
            for row in stat_rows([database]):
                self.note(row['id'], database['db'].split('/')[0], os.path.basename(database['db'])[:32])
        for exchange in exchanges:
            if operation(exchange) == 'sync' and status_of(exchange.response_head) == 200:
                self.note(json.loads(exchange.response_body)['id'], f'node{exchange.node}', hash_of(exchange))

    def note(self, database_id, node, digest):
        if database_id not in self.known:
            self.later[database_id] = f'<id of {digest[:8]} on {node}>'

    def replace(self, text):
        return DATABASE_ID.sub(lambda found: self.name(found.group()), text)

    def name(self, database_id):
        return database_id if database_id in self.known else self.later.get(database_id, '<an id nobody has>')

    def conversations(self, exchanges):
        """What was said, by database (Swift visits them in any order) and by the id of the copy that asks, without what
        two runs never share: ports and the date. Bodies of errors are left out: tracebacks there, a sentence here."""
        found, asking = collections.defaultdict(list), {}
        # In a recording, an answer that nobody waited for comes late.
        for exchange in sorted(exchanges, key=lambda each: each.conn):
            if operation(exchange) == 'sync':
                asking[exchange.conn] = self.name(json.loads(exchange.request_body)[3])
            status = status_of(exchange.response_head)
            method, path, _ = exchange.request_head.split(' ', 2)
            length = dict(header_pairs(exchange.response_head, ())).get('content-length')
            is_page = status not in (400, 500)
            found[hash_of(exchange) + ' by ' + asking[exchange.conn]].append({
                'request': [exchange.node, method, path, header_pairs(exchange.request_head, ('host', 'content-length')),
                            json.loads(self.replace(exchange.request_body))],
                'status': status,
                'headers': header_pairs(exchange.response_head, ('date', 'content-length')) if is_page else [],
                'length fits': not is_page or length == str(len(exchange.response_body.encode())),
                'body': in_order(self.replace(exchange.response_body)) if is_page else ''})
        return dict(found)


def without_row_numbers(conversations):
    """Accounts' rows that do not change keep their ROWIDs here and get new ones there; all that follows from them."""
    result = json.loads(json.dumps(conversations))
    for exchange in sum(result.values(), []):
        request, body = exchange['request'][4], exchange['body']
        if request[0] == 'sync':
            request[1] = 'ROWID'
            if exchange['status'] == 200:
                exchange['body'] = [[key, 'ROWID' if key in ('max_row', 'point') else value] for key, value in body]
        for row in request[1] if request[0] in ('merge_items', 'merge_syncs') else ():
            row.update({key: 'ROWID' for key in ('ROWID', 'sync_point') if key in row})
        if request[0] == 'merge_items':
            request[1].sort(key=lambda row: row['name'])
    return result


def comparable_databases(names, dbs):
    """Without the times at which sync points were noted, and in an order that does not depend on ids."""
    result = {}
    for database in dbs:
        tables = json.loads(names.replace(json.dumps({key: rows for key, rows in database.items() if key != 'db'})))
        for table in ('incoming_sync', 'outgoing_sync'):
            for row in tables.get(table, ()):
                row.pop('updated_at')
            if table in tables:
                tables[table].sort(key=str)
        result[database['db']] = tables
    return result


def without_points_of_senders(ours, recorded, senders):
    """Received files agree with their senders here at once, and whoever receives them afterwards does, too; there a
    sender that asks gets its own rows back."""
    result = json.loads(json.dumps(ours))
    for name, tables in result.items():
        known = {row['remote_id'] for row in recorded.get(name, {}).get('outgoing_sync', ())}
        tables['outgoing_sync'] = [row for row in tables['outgoing_sync'] if row['remote_id'] not in senders - known]
    return result


def without_row_numbers_of(databases):
    for tables in databases.values():
        for row in tables['container']:
            row.pop('ROWID')
        tables['container'].sort(key=lambda row: row['name'])
        tables.pop('sqlite_sequence')
        for row in tables['incoming_sync'] + tables['outgoing_sync']:
            row.pop('sync_point')
    return databases


def comparable_tree(tree, locked=()):
    """Sizes of databases are SQLite's business. `locked`: node and hash where a lock file may be or not."""
    def is_left_out(name):
        words = name.split('/')
        return words[-1] == '.lock' and 'quarantined' not in words and f'{words[0]}/{words[-2]}' in locked
    return sorted([name, mode, None if name.endswith('.db') else size] for name, mode, size in tree
                  if not is_left_out(name))


def in_order(body):
    """JSON as what it says, with the order of its keys; other text as it is."""
    try:
        return json.loads(body, object_pairs_hook=lambda pairs: [list(pair) for pair in pairs])
    except ValueError:
        return body


def stat_rows(databases):
    for database in databases:
        yield from database.get('container_info', database.get('account_stat', []))
