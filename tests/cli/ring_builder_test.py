"""ring-builder as a program: every command as text and as JSON, exit codes, errors that name place and next step, and
listings that equal swift-ring-builder's where operators scrape them."""
import base64
import fcntl
import json
import os
import pickle
import re
import shutil
import subprocess
import tempfile
import unittest

from swift.common.ring.builder import RingBuilder

from interop import swift_env

DEVICES = ['r1z1-10.0.0.1:6202R10.1.0.1:6302/sda_rack 7', '100', 'r1z2-10.0.0.2:6202/sda', '100',
           'r1z3-[FD00::1]:6202R[fd00::2]:6302/sdb', '50.5', 'r2z1-node4.example.com:6202/sdc_x', '75']


class RingBuilderTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='dbrepl-cli-')
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = os.path.join(self.folder, 'account.builder')
        self.ring = os.path.join(self.folder, 'account.ring.gz')

    def run_it(self, *words, path=None, expect=0, **kwargs):
        """(stdout, stderr) of `ring-builder PATH WORDS...`."""
        done = subprocess.run([swift_env.program('ring-builder'), path or self.path, *map(str, words)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **kwargs)
        self.assertEqual(done.returncode, expect, f'{words}: {done.stdout}{done.stderr}')
        return done.stdout, done.stderr

    def json(self, *words, expect=0):
        return json.loads(self.run_it(*words, '--json', expect=expect)[0])

    def fails(self, *words, message, hint=None, path=None, **kwargs):
        out, err = self.run_it(*words, path=path, expect=2, **kwargs)
        self.assertEqual(out, '')
        self.assertRegex(err, r'\Aring-builder: error: ' + message)
        if hint:
            self.assertRegex(err, 'ring-builder: hint: .*' + hint)

    def make(self, rebalanced=True, replicas=3, hours=1):
        self.run_it('create', 6, replicas, hours)
        self.run_it('add', *DEVICES)
        if rebalanced:
            self.run_it('rebalance', '--seed', 'test')

    def content(self, path=None):
        with open(path or self.path, 'rb') as file:
            return file.read()

    def swift_builder(self):
        """The same devices in a builder of Swift's, rebalanced, under the name it would have here."""
        builder = RingBuilder(6, 3, 1)
        for text, weight in zip(DEVICES[::2], DEVICES[1::2]):
            answer = self.json('search', text.split('_')[0].replace('FD00', 'fd00').split('-', 1)[1]) \
                if 'example' not in text else self.json('search', '--device', 'sdc')
            dev = {key: answer['devices'][0][key] for key in
                   ('region', 'zone', 'ip', 'port', 'replication_ip', 'replication_port', 'device', 'meta')}
            builder.add_dev({**dev, 'weight': float(weight)})
        builder.rebalance(seed='test')
        path = os.path.join(self.folder, 'swift', 'account.builder')
        os.makedirs(os.path.dirname(path), exist_ok=True)
        builder.save(path)
        return path

    def swift_output(self, path, *words):
        return subprocess.run(['swift-ring-builder', path, *words], capture_output=True, text=True, check=False).stdout

    def test_help_teaches(self):
        out, _ = self.run_it('--help')
        for word in ('Usage: ring-builder FILE', 'rebalance', 'set_overload', '--format-version', 'Example:', 'Exit codes'):
            self.assertIn(word, out)
        self.fails('frobnicate', message='unknown command "frobnicate"', hint='--help')
        self.fails('add', '--nonsense', message='.*nonsense', hint='--help')

    def test_create(self):
        self.run_it('create', 6, 2.5, 24)
        self.assertRegex(' '.join(os.listdir(os.path.join(self.folder, 'backups'))), r'\A\d+\.account\.builder\Z')
        self.fails('create', 6, 3, 1, message='.*account.builder: is there already', hint='--force')
        self.assertTrue(self.json('create', 7, 3, 1, '--force')['changed'])
        other = os.path.join(self.folder, 'other.builder')
        for words, message in ((('x', 3, 1), 'part_power: must be a whole number'), ((25, 3, 1), 'part_power must be'),
                               ((6, 0.5, 1), 'replicas must be from 1'), ((6, 'nan', 1), 'replicas must be'),
                               ((6, 3, -1), ''), ((6, 3), 'three values are needed')):
            self.fails('create', *words, path=other, message=message)
        self.assertFalse(os.path.exists(other))

    def test_add_understands_both_syntaxes(self):
        self.run_it('create', 6, 3, 1)
        out, _ = self.run_it('add', *DEVICES)
        self.assertEqual(out.splitlines()[0],
                         'Device d0r1z1-10.0.0.1:6202R10.1.0.1:6302/sda_"rack 7" with 100.0 weight got id 0')
        self.assertEqual(out.splitlines()[2],
                         'Device d2r1z3-[fd00::1]:6202R[fd00::2]:6302/sdb_"" with 50.5 weight got id 2')
        added = self.json('add', '--region', 3, '--zone', 4, '--ip', 'Node5.Example.com', '--port', 6202, '--device', 'sdd',
                          '--weight', 10, '--meta', 'hi')['devices'][0]
        self.assertEqual((added['id'], added['ip'], added['replication_ip'], added['meta'], added['weight']),
                         (4, 'node5.example.com', 'node5.example.com', 'hi', 10.0))
        _, err = self.run_it('add', 'z9-10.0.0.9:1/sdz', 1)
        self.assertIn('note: no region for z9', err)

    def test_add_refuses_what_it_cannot_understand(self):
        self.make(rebalanced=False)
        before = self.content()
        for words, message in (
                (('r1z1-10.0.0.1:6202/sda', 1), 'device 0 already uses 10.0.0.1:6202/sda'),
                (('--', 'r1z1-10.0.0.8:6202/sda', -1), 'a weight must be'), (('r1z1-10.0.0.8/sda', 1), 'device ".*": a port is missing'),
                (('r1-10.0.0.8:1/sda', 1), 'device ".*": must start with'), (('r1z1-10.0.0.8:1/a/b', 1), 'device ".*is no name'),
                (('r1z1-10.0.0.8:70000/a', 1), 'device ".*": a port must be'), (('r1z1-!:1/a', 1), 'device ".*neither an address'),
                (('r1z1-10.0.0.8:1/sda',), 'devices and weights must come in pairs'),
                (('--region', 1, '--zone', 1), '--ip: is required')):
            self.fails('add', *words, message=message)
        self.assertEqual(self.content(), before)

    def test_listing_is_swifts(self):
        self.make(rebalanced=False)
        swift = self.swift_builder()
        # Seconds pass between the two.
        lines = [[re.sub(r'[\d:]+ remaining', 'remaining', line) for line in text.splitlines()]
                 for text in (self.run_it(path=swift)[0], self.swift_output(swift))]
        self.assertEqual(*lines)
        for search in (['z1'], ['r1'], ['d2'], ['/sda'], ['_rack'], ['--weight', '75'], ['[fd00::1]'], [':6202'],
                       ['R10.1.0.1'], ['r1z1-10.0.0.1:6202R10.1.0.1:6302/sda_rack 7'], ['--ip', 'node4.example.com']):
            self.assertEqual(self.run_it('search', *search, path=swift)[0], self.swift_output(swift, 'search', *search), search)
            self.assertEqual(self.run_it('list_parts', *search, path=swift)[0],
                             self.swift_output(swift, 'list_parts', *search), search)
        for words in ((), ('-v',), (r'r\d+z\d+$', '-v')):
            self.assertEqual(self.run_it('dispersion', *words, path=swift)[0], self.swift_output(swift, 'dispersion', *words))

    def test_listing_as_json(self):
        self.make()
        shown = self.json()
        self.assertEqual((shown['partitions'], shown['replicas'], shown['regions'], shown['zones'], shown['ring_state']),
                         (64, 3.0, 2, 4, 'up-to-date'))
        self.assertEqual(sum(dev['partitions'] for dev in shown['devices']), 192)
        self.assertEqual(len(self.json('list')['devices']), 4)
        self.run_it('set_info', 'd0', '_new')
        self.assertEqual(self.json()['ring_state'], 'obsolete')
        self.assertTrue(self.json('write_ring')['changed'])
        self.assertEqual(self.json()['ring_state'], 'up-to-date')
        os.unlink(self.ring)
        self.assertEqual(self.json()['ring_state'], 'missing')
        with open(self.ring, 'wb') as file:
            file.write(b'junk')
        self.assertEqual(self.json()['ring_state'], 'invalid')

    def test_search_without_match(self):
        self.make()
        self.assertEqual(self.run_it('search', 'd77', expect=1)[0], 'No matching devices found\n')
        self.assertEqual(self.json('search', 'd77', expect=1), {'devices': []})
        self.assertIn('matched 0 devices', self.run_it('set_weight', 'd77', 1, expect=1)[0])
        self.assertIn('matched 0 devices', self.run_it('remove', 'd77', expect=1)[0])
        for word in ('zz', 'd1x', '10.0.0.300', '[::1'):
            self.fails('search', word, message=f'search "{re.escape(word)}": ')
        self.fails('search', message='no search value')
        self.fails('search', 'd1', '--zone', 1, message='"d1": devices are named by options already')

    def test_changes(self):
        self.make()
        self.assertEqual(self.run_it('set_weight', 'd0', 3)[0],
                         'd0r1z1-10.0.0.1:6202R10.1.0.1:6302/sda_"rack 7" weight set to 3.0\n')
        self.assertEqual(self.run_it('set_zone', 'd0', 8)[0][-14:], 'zone set to 8\n'[-14:])
        self.assertEqual(self.json('set_region', '--device', 'sdb', 9)['devices'][0]['region'], 9)
        self.assertEqual(self.run_it('set_info', 'd1', '10.9.9.9:1R[::5]:2/sdq_m m')[0],
                         'Device d1r1z2-10.0.0.2:6202R10.0.0.2:6202/sda_"" is now '
                         'd1r1z2-10.9.9.9:1R[::5]:2/sdq_"m m"\n')
        self.assertEqual(self.json('set_info', '--id', 1, '--change-meta', 'k')['devices'][0]['meta'], 'k')
        self.fails('set_info', 'd1', '10.0.0.1:6202/sda', message='device 0 already uses')
        self.fails('set_info', 'd1', '', message='change "": changes nothing')
        self.fails('set_weight', 'd1', message='search values and new values must come in pairs')
        self.fails('set_weight', 'd1', 'x', message='a weight must be a number')
        self.run_it('remove', 'd2')
        self.fails('set_weight', 'd2', 5, message='device 2 is marked for removal')
        self.assertIn(' DEL', self.run_it()[0])

    def test_several_devices_need_yes(self):
        self.make()
        before = self.content()
        self.fails('set_weight', 'r1', 5, message='the search matched 3 devices', hint='--yes')
        self.fails('remove', 'r1', message='the search matched 3 devices', hint='--yes')
        self.assertEqual(self.content(), before)
        self.assertEqual(len(self.json('set_weight', 'r1', 5, '--yes')['devices']), 3)

    def test_parameters(self):
        self.make()
        self.assertIn('now set to 12\n', self.run_it('set_min_part_hours', 12)[0])
        self.assertIn('The replica count is now 2.500000.', self.run_it('set_replicas', 2.5)[0])
        self.assertIn('now 10.00% (0.100000)', self.run_it('set_overload', '10%')[0])
        self.assertEqual(self.json('set_overload', 0.25)['overload'], 0.25)
        self.assertIn('did you mean 10%?', self.run_it('set_overload', 10)[1])
        for words in (('set_min_part_hours', 'x'), ('set_replicas', 0), ('set_overload', '-1%'), ('set_overload', 'x'),
                      ('set_replicas',), ('set_min_part_hours', 1, 2)):
            self.run_it('--', *words, expect=2)

    def test_rebalance(self):
        self.make(rebalanced=False)
        self.assertIn('Reassigned 192 (300.00%) partitions. Balance is now', self.run_it('rebalance', '-s', 1)[0])
        names = sorted(name.split('.', 1)[1] for name in os.listdir(os.path.join(self.folder, 'backups')))
        self.assertEqual(set(names), {'account.builder', 'account.ring.gz'})
        before = self.content(), self.content(self.ring)
        self.assertRegex(self.run_it('rebalance', expect=1)[0], r'min_part_hours: 1 hours \((0:59:\d\d|1:00:00) remaining\)')
        self.assertFalse(self.json('rebalance', expect=1)['changed'])
        self.assertEqual((self.content(), self.content(self.ring)), before)
        self.run_it('pretend_min_part_hours_passed')
        self.assertIn('no need to do so', self.run_it('rebalance', expect=1)[0])
        self.run_it('remove', 'd0')
        self.fails('rebalance', '--format-version', 3, message='--format-version: must be 1 or 2')
        answer = self.json('rebalance', '--format-version', 2)
        self.assertEqual((answer['changed'], answer['removed_devices']), (True, 1))
        self.run_it('remove', 'd1')
        self.fails('rebalance', message='3 replicas need at least as many devices', hint='set_replicas')
        self.assertEqual(self.run_it('validate')[0], '')

    def test_rebalance_is_the_same_for_a_seed(self):
        rows = []
        for seed in ('a', 'a', 'b'):
            self.run_it('create', 8, 3, 1, '--force')
            self.run_it('add', *DEVICES)
            self.run_it('rebalance', '--seed', seed)
            rows.append(json.loads(self.content())['replica2part2dev'])
        self.assertEqual(rows[0], rows[1])
        self.assertNotEqual(rows[0], rows[2])

    def test_not_yet_rebalanced(self):
        self.make(rebalanced=False)
        for words in (('validate',), ('dispersion',), ('list_parts', 'd0'), ('write_ring',)):
            self.fails(*words, message='.*no partition is assigned yet', hint='rebalance')

    def test_ring_name_stands_for_its_builder(self):
        self.make()
        out, err = self.run_it('search', 'd0', path=self.ring)
        self.assertIn('rack 7', out)
        self.assertIn('note: using', err)

    def test_swifts_builder_stays_as_it_is(self):
        self.make(rebalanced=False)
        swift = self.swift_builder()
        before = self.content(swift)
        _, err = self.run_it('set_weight', 'd0', 7, path=swift)
        self.assertIn(f'the change is saved to {swift}.json, name that one from now on', err)
        self.fails('set_weight', 'd0', 8, path=swift, message='.*changes of it are in', hint='name .*json instead')
        self.assertEqual(self.content(swift), before)
        self.run_it('rebalance', '--force', path=swift + '.json')
        self.assertTrue(os.path.exists(os.path.join(self.folder, 'swift', 'account.ring.gz')))

    def test_damaged_builders_are_refused_and_kept(self):
        self.make()
        good = json.loads(self.content())
        row = bytearray(base64.b64decode(good['replica2part2dev'][0]))
        row[0] = 99
        breakages = [
            ({'replica2part2dev': ['A' + good['replica2part2dev'][0][1:-4]] + good['replica2part2dev'][1:]}, 'replica 0'),
            ({'replica2part2dev': [base64.b64encode(bytes(row)).decode()] + good['replica2part2dev'][1:]},
             'replica 0, partition 0: is on device 99'),
            ({'replica2part2dev': ['!!!!']}, r'replica2part2dev\[0\]: not base64'), ({'part_power': 7}, 'hours since'),
            ({'part_power': 'x'}, 'part_power: must be'), ({'devices': good['devices'][:2]}, 'replica 0'),
            ({'devices': [{}] + good['devices'][1:]}, r'devices\[0\]: '), ({'replicas': 0}, 'replicas: must be'),
            ({'format': 'x'}, 'format: is not'), ({'format_version': 9}, 'format_version: 9 is not known'),
            ({'removed': [7]}, r'removed\[0\]'), ({'hours_since_move': ''}, 'hours since')]
        for change, message in breakages:
            text = json.dumps({**good, **change}).encode()
            with open(self.path, 'wb') as file:
                file.write(text)
            for words in ((), ('rebalance', '--force'), ('set_weight', 'd0', 1)):
                self.fails(*words, message=re.escape(self.path) + ': ' + message)
            self.assertEqual(self.content(), text)
        for text in (b'', b'{', b'junk', pickle.dumps({'a': 1}, protocol=2), pickle.dumps(os.system, protocol=2),
                     json.dumps(good).encode()[:500]):
            with open(self.path, 'wb') as file:
                file.write(text)
            self.fails('rebalance', message=re.escape(self.path) + ': ')
            self.assertEqual(self.content(), text)
        self.fails(path='/nonexistent/x.builder', message='/nonexistent/x.builder: ')
        self.fails('create', 6, 3, 1, path='/nonexistent/x.builder', message='/nonexistent')

    def test_a_full_disk_leaves_the_old_files(self):
        self.make()
        self.run_it('pretend_min_part_hours_passed')
        self.run_it('set_weight', 'd0', 10)
        before = self.content(), self.content(self.ring)
        # No file may grow beyond 1 kB: as on a full disk, writing fails half-way (SIGXFSZ is ignored).
        limited = ['bash', '-c', 'trap "" XFSZ; ulimit -f 1; exec "$@"', '-', swift_env.program('ring-builder')]
        for words in (('rebalance', '--force'), ('set_weight', 'd1', 5)):
            done = subprocess.run([*limited, self.path, *map(str, words)], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn('ring-builder: error: ' + self.folder, done.stderr)
            self.assertEqual((self.content(), self.content(self.ring)), before)
        self.assertFalse([name for name in os.listdir(self.folder) if name.endswith('.tmp')])

    def test_commands_that_change_wait_for_the_lock(self):
        self.make()
        with open(os.path.join(self.folder, '.lock'), 'wb') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.run_it('search', 'd0')
            with self.assertRaises(subprocess.TimeoutExpired):
                self.run_it('set_weight', 'd0', 1, timeout=1)
        self.run_it('set_weight', 'd0', 1)


unittest.main(verbosity=1)
