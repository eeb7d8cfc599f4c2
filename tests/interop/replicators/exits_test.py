"""Every way to call a replicator: exit code, output and log of ours beside Debian's own (transcripts/exits.txt)."""
import json
import os
import re
import stat
import unittest

from interop.replicators.node import Node

PASS = ['<133>{name}: Starting PID', '<134>{name}: Beginning replication run', '<134>{name}: Replication run OVER',
        '<134>{name}: Attempted to replicate 0 dbs in N seconds (N/s)', '<134>{name}: Removed 0 dbs',
        '<134>{name}: 0 successes, 0 failures',
        '<134>{name}: diff:0 diff_capped:0 empty:0 hashmatch:0 no_change:0 remote_merge:0 rsync:0 ts_repl:0',
        '<133>{name}: Exited PID']


class ExitsTest(unittest.TestCase):
    kind = 'container'

    def setUp(self):
        self.node = self.enterContext(Node(self.kind))
        self.name = f'{self.kind}-replicator'
        self.pass_lines = [line.format(name=self.name) for line in PASS]

    def both(self, *arguments, **options):
        """Runs both; what ours did, after a look that Swift's did the same."""
        swift = self.node.run('swift', *arguments, **options)
        ours = self.node.run('ours', *arguments, **options)
        self.assertEqual(ours, swift)
        return ours

    def both_fail(self, *arguments, problem, log=''):
        """Both end with 1, Swift's with a traceback, ours with a line about the problem, there and in the log."""
        status, out, err, lines = self.node.run('swift', *arguments)
        self.assertEqual((status, out), (1, ''))
        status, out, err, our_lines = self.node.run('ours', *arguments)
        self.assertEqual((status, out), (1, ''), err)
        self.assertRegex(err, problem)
        self.assertEqual([line for line in our_lines if 'Starting' in line],
                         [line for line in lines if 'Starting' in line])
        if log:
            self.assertRegex('\n'.join(our_lines), log)
        self.assertNotIn('Exited', '\n'.join(our_lines))
        return err

    def test_usage(self):
        self.assertEqual(self.both()[0], 1)
        self.assertEqual(self.both('/nonexistent.conf')[0], 1)
        self.assertEqual(self.both('no/../such.conf', 'once')[0], 1)
        for wrong in (['--frobnicate'], ['-x'], [self.node.conf, 'once', '--devices'], [self.node.conf, '--once=1']):
            self.assertEqual(self.both(*wrong)[0], 2)

    def test_all_spellings_of_a_single_pass(self):
        for words in (['once'], ['-o'], ['--once', 'something'], ['-d', 'sd0', '-op', ''],
                      ['once', '--devices=', '--partitions', ' 1,2 ,']):
            status, out, err, lines = self.both(self.node.conf, *words)
            self.assertEqual((status, out, err, lines), (0, '', '', self.pass_lines))
        self.assertEqual(self.both('once', '--', self.node.conf)[0], 1)

    def test_verbose_writes_the_log_to_standard_error_too(self):
        for words in (['--once', '--verbose'], ['once', 'verbose']):
            status, _, err, lines = self.both(self.node.conf, *words)
            self.assertEqual(status, 0)
            self.assertEqual(err.splitlines(), [line.split('>', 1)[1] for line in lines])

    def test_devices_that_are_left_out(self):
        self.node.write_options(log_level='DEBUG')
        lines = self.both(self.node.conf, 'once', '-d', 'sdx')[3]
        self.assertIn(f'<135>{self.name}: Skipping device sd0 due to given arguments', lines)

    def test_daemonize_no_means_once(self):
        self.node.write_options(daemonize='False')
        self.assertEqual(self.both(self.node.conf), (0, '', '', self.pass_lines))
        self.node.write_options({'daemonize': 'off'})
        self.assertEqual(self.both(self.node.conf, '--verbose')[0], 0)

    def test_a_port_that_is_not_in_the_ring(self):
        self.node.write_options(bind_port=9)
        status, _, _, lines = self.both(self.node.conf, 'once')
        self.assertEqual(status, 0)
        self.assertIn(f"<131>{self.name}: Can't find itself 127.0.0.1 with port 9 in ring file, not replicating", lines)

    def test_devices_folder_missing(self):
        self.node.write_options(devices='/nonexistent')
        status, _, _, lines = self.both(self.node.conf, 'once')
        self.assertEqual(status, 0)
        self.assertIn(f'<132>{self.name}: Skipping: /nonexistent/sd0 is not a directory', lines)
        self.assertIn(f'<134>{self.name}: 0 successes, 1 failures', lines)

    def test_recon_folder_missing(self):
        self.node.write_options(recon_cache_path='/nonexistent')
        swift = self.node.run('swift', self.node.conf, 'once')
        ours = self.node.run('ours', self.node.conf, 'once')
        self.assertEqual(ours[:3], swift[:3])
        pattern = re.compile(r'^(<131>\S+: Exception dumping recon cache: ).*(/nonexistent/\w+\.recon).*$')
        self.assertEqual([pattern.sub(r'\1\2', line) for line in ours[3]],
                         [pattern.sub(r'\1\2', line) for line in swift[3]])

    def test_recon(self):
        found = {}
        for whose in ('swift', 'ours'):
            path = f'{self.node.root}/cache/{self.kind}.recon'
            self.node.run(whose, self.node.conf, 'once')
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            with open(path, encoding='ascii') as text:
                found[whose] = text.read()
            os.unlink(path)
        numbers = {whose: re.sub(r'\d+\.\d+(e-\d+)?', 'N', text) for whose, text in found.items()}
        self.assertEqual(numbers['ours'], numbers['swift'])
        self.assertEqual(json.loads(found['ours'])['replication_stats']['attempted'], 0)

    def test_section_missing(self):
        self.node.write('server.conf', '[DEFAULT]\nlog_name = x\n[container-server]\n')
        status, _, err, lines = self.both(self.node.conf, 'once')
        self.assertEqual((status, lines), (1, []))
        self.assertEqual(err, f'Unable to find {self.name} config section in {self.node.conf}\n')

    def test_folders_of_files(self):
        os.makedirs(f'{self.node.root}/x.conf.d')
        os.rename(self.node.conf, f'{self.node.root}/x.conf.d/10.conf')
        self.node.write('x.conf.d/20.conf', f'[{self.name}]\nbind_port = 9\n')
        lines = self.both(f'{self.node.root}/x.conf.d', 'once')[3]
        self.assertIn('with port 9', '\n'.join(lines))

    def test_not_a_configuration(self):
        self.node.write('server.conf', 'nonsense\n')
        err = self.both_fail(self.node.conf, 'once', problem=f'{self.node.conf}:1')
        self.assertEqual(len([line for line in err.splitlines() if 'hint' not in line]), 1)

    def test_options_that_are_no_numbers(self):
        # The unit tests have more of them.
        for section in ({'per_diff': 'x'}, {'interval': 'soon'}, {'node_timeout': ''}, {'handoff_delete': 'all'}):
            name, value = next(iter(section.items()))
            self.node.write_options(section)
            if value:
                self.both_fail(self.node.conf, 'once', problem=rf'{self.node.conf}:\d+: {name}', log=rf'<130>.*{name}')
            else:
                # Empty is the default, not an error.
                self.assertEqual(self.node.run('swift', self.node.conf, 'once')[0], 1)
                self.assertEqual(self.node.run('ours', self.node.conf, 'once')[3], self.pass_lines)

    def test_no_ring(self):
        self.node.write_options(swift_dir='/nonexistent')
        self.both_fail(self.node.conf, 'once', problem=f'/nonexistent/{self.kind}.ring.gz', log='<130>.*ring')

    def test_unknown_user(self):
        self.node.write_options(user='nosuchuser')
        self.both_fail(self.node.conf, 'once', problem='nosuchuser', log='<130>.*nosuchuser')

    def test_partitions_that_are_no_numbers(self):
        for words in (['-p', 'x'], ['devices']):
            status, out, _, lines = self.node.run('swift', self.node.conf, 'once', *words)
            self.assertEqual((status, out), (1, ''))
            self.assertIn('<130>', lines[-1])
            status, out, err, lines = self.node.run('ours', self.node.conf, 'once', *words)
            self.assertEqual((status, out), (1, ''))
            self.assertRegex(err, 'partition|devices')
            self.assertEqual(lines[0], self.pass_lines[0])
            self.assertIn('<130>', lines[-1])

    def test_run_pause_is_warned_of(self):
        for section in ({'run_pause': '5'}, {'run_pause': '5', 'interval': '7'}):
            self.node.write_options(section)
            swift, ours = (self.node.run(whose, self.node.conf, 'once')[3] for whose in ('swift', 'ours'))
            warnings = [line for line in swift if 'run_pause' in line]
            self.assertEqual([line for line in ours if 'run_pause' in line], warnings)
            self.assertEqual(len(warnings), 1)


class AccountExitsTest(ExitsTest):
    """The same, where a name or a default is the account's own."""
    kind = 'account'
    test_usage = test_all_spellings_of_a_single_pass = test_options_that_are_no_numbers = None
    test_partitions_that_are_no_numbers = test_verbose_writes_the_log_to_standard_error_too = None
    test_folders_of_files = test_not_a_configuration = test_unknown_user = test_daemonize_no_means_once = None


if __name__ == '__main__':
    unittest.main()
