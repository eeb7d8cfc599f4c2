"""get-nodes as a program: text as swift-get-nodes prints it, JSON, dumps, names, help, errors, exit codes."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from interop import swift_env

RINGS = os.path.join(os.environ['DBREPL_SOURCE'], 'tests/data/golden/rings')


def run(*arguments, stdin=b''):
    done = subprocess.run([swift_env.program('get-nodes'), *arguments], input=stdin, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class GetNodesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='dbrepl-cli.')
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        with open(os.path.join(cls.folder, 'swift.conf'), 'w', encoding='ascii') as out:
            out.write('[swift-hash]\nswift_hash_path_prefix = golden\nswift_hash_path_suffix = ring\n')
        for name, source in (('account', 'v1-3rep'), ('container', 'v1-fractional'), ('object', 'v1-3rep'),
                             ('object-1', 'v1-3rep'), ('v2', 'v2-3rep')):
            shutil.copy(f'{RINGS}/{source}.ring.gz', f'{cls.folder}/{name}.ring.gz')

    def ring(self, name):
        return os.path.join(self.folder, name + '.ring.gz')

    def refused(self, code, arguments, problem, hint=None, stdin=b''):
        status, out, err = run(*arguments, stdin=stdin)
        self.assertEqual(status, code, err)
        self.assertEqual(out, '')
        self.assertTrue(err.startswith('get-nodes: error: '), err)
        self.assertIn(problem, err)
        if hint:
            self.assertIn(f'get-nodes: hint: {hint}', err)

    def test_text_is_that_of_swift_get_nodes(self):
        for arguments in (['account', 'AUTH_test'], ['container', 'AUTH_test', 'photos'], ['container', 'AUTH_test'],
                          ['account', 'AUTH_test', 'photos'], ['account', '-p', '0'], ['container', '-p', '17', '-a'],
                          ['account', '-a', 'AUTH_test'], ['container', '/AUTH_test/photos/'], ['container', 'é☃', 'a b%"c'],
                          ['object', 'a', 'c', 'o'], ['object-1', 'a', 'c', 'o/p'], ['object-1', 'a/c/o/p'], ['object-1', '-p', '3']):
            with self.subTest(arguments):
                command = [self.ring(arguments[0]), *arguments[1:], '-d', self.folder]
                swifts = subprocess.run(['/usr/bin/swift-get-nodes', *command], capture_output=True, text=True, check=True,
                                        env={**os.environ, 'LC_ALL': 'C.UTF-8'}).stdout
                status, out, err = run(*command)
                self.assertEqual((status, err), (0, ''))
                self.assertEqual(out, swifts)

    def test_json(self):
        status, out, _ = run(self.ring('container'), 'AUTH_test', 'photos', '--json', '--swift-dir', self.folder)
        self.assertEqual(status, 0)
        answer = json.loads(out)
        self.assertEqual(list(answer), ['account', 'container', 'partition', 'hash', 'datadir', 'primaries', 'handoffs'])
        self.assertEqual([node['index'] for node in answer['primaries']], list(range(len(answer['primaries']))))
        self.assertEqual(len(answer['handoffs']), len(answer['primaries']))
        node, digest = answer['handoffs'][0], answer['hash']
        self.assertEqual(node['handoff_index'], 0)
        self.assertEqual(node['path'], f'{node["device"]}/containers/{answer["partition"]}/{digest[-3:]}/{digest}')

    def test_all_shows_every_handoff(self):
        _, out, _ = run(self.ring('account'), '-p', '0', '--all', '--json')
        answer = json.loads(out)
        with open(f'{RINGS}/v1-3rep.json', encoding='utf-8') as source:
            expected = json.load(source)['partitions'][0]
        self.assertIsNone(answer['hash'])
        self.assertEqual([node['id'] for node in answer['primaries']], expected['primaries'])
        self.assertEqual([node['id'] for node in answer['handoffs']], expected['handoffs'])

    def test_dump_and_names_of_golden_rings(self):
        for name in ('v1-3rep', 'v1-fractional', 'v2-3rep', 'v2-4byte-ids', 'v2-fractional', 'v2-partpower0'):
            with self.subTest(name), open(f'{RINGS}/{name}.json', encoding='utf-8') as source:
                expected = json.load(source)
                status, out, _ = run(f'{RINGS}/{name}.ring.gz', '--dump')
                self.assertEqual(status, 0)
                lines = [json.loads(line) for line in out.splitlines()]
                self.assertEqual(len(lines), expected['partition_count'])
                for partition in expected['partitions']:
                    self.assertEqual(lines[partition['partition']], partition)
                names = ''.join(json.dumps(path) + '\n' for path, _ in expected['names']).encode()
                status, out, _ = run(f'{RINGS}/{name}.ring.gz', '--names', '-', '-d', self.folder, stdin=names)
                self.assertEqual(status, 0)
                self.assertEqual([int(line) for line in out.split()], [partition for _, partition in expected['names']])

    def test_names_from_a_file(self):
        path = os.path.join(self.folder, 'names')
        with open(path, 'w', encoding='utf-8') as out:
            out.write('["AUTH_0"]\n\n["AUTH_1", "c1 é"]\n')
        status, out, _ = run(self.ring('container'), '--names', path, '-d', self.folder)
        self.assertEqual((status, out), (0, '50\n20\n'))

    def test_help(self):
        for flag in ('--help', '-h'):
            status, out, err = run(flag)
            self.assertEqual((status, err), (0, ''))
            for word in ('usage: get-nodes RING', '--all', '--swift-dir DIR', '(default /etc/swift)', 'example: '):
                self.assertIn(word, out)

    def test_usage_errors(self):
        ring = self.ring('account')
        for arguments, problem in (
                ([], 'no ring file named'),
                ([ring], 'nothing asked for'),
                ([ring, 'a', 'c', 'o', 'x'], 'too many words'),
                ([ring, '/'], 'no account named'),
                ([ring, 'a', '', 'o'], 'no container'),
                ([ring, 'a', '-p', '1'], 'exclude each other'),
                ([ring, '--dump', '--names', '-'], 'exclude each other'),
                ([ring, '-p', 'x'], '--partition: not a partition number: "x"'),
                ([ring, '-p', '-1'], 'partition'),
                ([ring, '--bogus'], 'bogus')):
            with self.subTest(arguments):
                self.refused(2, arguments, problem, 'try --help')

    def test_partition_beyond_the_ring(self):
        self.refused(2, [self.ring('account'), '-p', '256'], 'has partitions 0 to 255')

    def test_no_hash_prefix_no_answer(self):
        empty = os.path.join(self.folder, 'empty')
        os.makedirs(empty, exist_ok=True)
        for arguments in (['AUTH_test'], ['--names', '-']):
            self.refused(2, [self.ring('account'), *arguments, '-d', empty], 'swift.conf', stdin=b'["a"]\n')
        with open(os.path.join(empty, 'swift.conf'), 'w', encoding='ascii') as out:
            out.write('[swift-hash]\n')
        self.refused(2, [self.ring('account'), 'AUTH_test', '-d', empty], 'swift.conf')
        for arguments in (['--dump'], ['-p', '3']):
            status, _, err = run(self.ring('account'), *arguments, '-d', empty)
            self.assertEqual((status, err), (0, ''), 'no hash is needed')

    def test_bad_rings(self):
        path = os.path.join(self.folder, 'bad.ring.gz')
        with open(self.ring('account'), 'rb') as source:
            good = source.read()
        self.refused(2, [path + '.none', '--dump'], 'bad.ring.gz.none')
        for content, problem in ((b'', 'truncated'), (good[:-9], 'truncated'), (b'junk', 'not gzip'), (good + b'x', 'trailing')):
            with open(path, 'wb') as out:
                out.write(content)
            self.refused(2, [path, '--dump'], f'{path}: ')
            self.refused(2, [path, '--dump'], problem)

    def test_bad_lines_of_names(self):
        for line, problem in ((b'x', 'line 2: '), (b'{}', 'must be an array'), (b'["a","b","c","d"]', 'must be an array'),
                              (b'[1]', 'names must be strings'), (b'[""]', "account's name is empty"), (b'["a","","o"]', 'line 2: ')):
            status, out, err = run(self.ring('account'), '--names', '-', '-d', self.folder, stdin=b'["AUTH_0"]\n' + line + b'\n')
            self.assertEqual((status, len(out.splitlines())), (2, 1), err)
            self.assertIn('get-nodes: error: standard input: line 2: ', err)
            self.assertIn(problem, err)

    def test_output_that_cannot_be_written(self):
        with open('/dev/full', 'wb') as full:
            done = subprocess.run([swift_env.program('get-nodes'), self.ring('account'), '--dump'], stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn('standard output: No space left on device', done.stderr)


if __name__ == '__main__':
    sys.exit(unittest.main())
