"""The replicators as programs: help, what they make of a configuration, the samples that are installed. How they end and
what they log stands in tests/interop/replicators/."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from interop import swift_env

SOURCE = os.environ['DBREPL_SOURCE']
KINDS = ('account', 'container')


def run(kind, *arguments):
    done = subprocess.run([swift_env.program(f'{kind}-replicator'), *arguments], capture_output=True, timeout=60,
                          check=False, text=True)
    return done.returncode, done.stdout, done.stderr


class ReplicatorTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='dbrepl-cli.')
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, name, text):
        path = os.path.join(self.root, name)
        with open(path, 'w', encoding='utf-8') as out:
            out.write(text)
        return path

    def print_config(self, path, kind='container'):
        """Option -> its line."""
        status, out, err = run(kind, path, '--print-config')
        self.assertEqual((status, err), (0, ''))
        return {line.split(' =')[0]: line for line in out.splitlines()}

    def test_help_teaches(self):
        for kind in KINDS:
            status, out, err = run(kind, '--help')
            self.assertEqual((status, err), (0, ''))
            self.assertIn(f'Usage: {kind}-replicator CONFIG [options]\n', out)
            self.assertIn('  bind_port = 620' + ('2' if kind == 'account' else '1') + '\n', out)
            self.assertIn(f'  rsync_module = {{replication_ip}}::{kind}\n', out)
            for word in ('--dry-run', 'Example: ', 'Signals: ', 'Exit codes: '):
                self.assertIn(word, out)
            self.assertLessEqual(max(map(len, out.splitlines())), 100)

    def test_version(self):
        self.assertEqual(run('account', '--version'), (0, 'account-replicator dbrepl-0.1.0\n', ''))

    def test_print_config_tells_values_and_origins(self):
        conf = self.write('c.conf', '[DEFAULT]\nbind_port = 7\ninterval = 5\nLog_Level = DEBUG\nname = x\n'
                          '[container-replicator]\ninterval = 9\nmax_diffs =\nrsync_module = %(name)s::c\nunknown = 1\n')
        lines = self.print_config(conf)
        self.assertRegex(lines['bind_port'], rf'^bind_port = 7 +# {conf}:2$')
        self.assertRegex(lines['interval'], rf'^interval = 9 +# {conf}:7$')
        self.assertRegex(lines['log_level'], rf'^log_level = DEBUG +# {conf}:4$')
        self.assertRegex(lines['max_diffs'], '^max_diffs = 100 +# default$')
        self.assertRegex(lines['rsync_module'], rf'^rsync_module = x::c +# {conf}:9$')
        self.assertRegex(lines['handoff_delete'], '^handoff_delete = auto +# default$')
        self.assertNotIn('unknown', lines)

    def test_print_config_of_a_folder(self):
        os.makedirs(f'{self.root}/c.conf.d')
        self.write('c.conf.d/10.conf', '[container-replicator]\nper_diff = 5\nconcurrency = 3\n')
        second = self.write('c.conf.d/20.conf', '[container-replicator]\nper_diff = 6\n')
        lines = self.print_config(f'{self.root}/c.conf.d')
        self.assertRegex(lines['per_diff'], rf'^per_diff = 6 +# {second}:2$')
        self.assertRegex(lines['concurrency'], '^concurrency = 3 ')

    def test_print_config_shows_what_is_wrong(self):
        for line in ('per_diff = x', 'concurrency = 0', 'interval = nan', 'rsync_module = {nothing}', 'bind_port = 65536'):
            path = self.write('c.conf', f'[container-replicator]\n{line}\n')
            status, out, err = run('container', path, '--print-config')
            self.assertEqual((status, out), (1, ''), line)
            self.assertIn(line.split()[0], err)

    def test_swifts_own_configuration_files(self):
        for kind in KINDS:
            lines = self.print_config(f'/etc/swift/{kind}-server.conf', kind)
            self.assertIn(f'bind_port = 620{1 if kind == "container" else 2} ', lines['bind_port'])
            self.assertGreater(len(lines), 35)

    def test_samples_in_the_tree(self):
        for kind in KINDS:
            path = f'{SOURCE}/etc/{kind}-replicator.conf-sample'
            with open(path, encoding='utf-8') as sample:
                text = sample.read()
            self.assertEqual(run(kind, '--print-sample-config'), (0, text, ''))
            # As it stands, and with every default written out, it says the same.
            written = self.write('all.conf', '\n'.join(line[2:] if line.startswith('# ') and ' =' in line and
                                                       line[2:].split(' =')[0].isidentifier() else line
                                                       for line in text.splitlines()) + '\n')
            values = [{name: line.split(' #')[0].rstrip() for name, line in self.print_config(conf, kind).items()}
                      for conf in (path, written)]
            self.assertEqual(*values)

    def test_units_run_what_is_installed(self):
        for kind in KINDS:
            with open(f'{SOURCE}/etc/{kind}-replicator.service', encoding='utf-8') as unit:
                text = unit.read()
            self.assertIn(f'\nExecStart=/usr/bin/{kind}-replicator /etc/swift/{kind}-server.conf\n', text)
            for line in ('Type=notify', 'WatchdogSec=15min', 'ExecReload=/bin/kill -HUP $MAINPID'):
                self.assertIn(f'\n{line}\n', text)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
