"""The replication servers as programs: help, errors as Swift's servers have them, exit codes, configuration shown."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from interop import swift_env

SOURCE = os.environ['DBREPL_SOURCE']
CONF = '''[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
bind_timeout = 1
user = {user}
swift_dir = {root}
log_address = {root}/no-log
{more}
[pipeline:main]
pipeline = healthcheck recon {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
{app}
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:recon]
use = egg:swift#recon
recon_cache_path = {root}/cache
'''


def own_user():
    import pwd
    return pwd.getpwuid(os.geteuid()).pw_name


class ReplicationServerTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='dbrepl-cli.')
        self.addCleanup(shutil.rmtree, self.root)
        self.write('swift.conf', '[swift-hash]\nswift_hash_path_suffix = x\n')

    def write(self, name, text):
        path = os.path.join(self.root, name)
        with open(path, 'w', encoding='utf-8') as out:
            out.write(text)
        return path

    def conf(self, kind='container', port=1, user=None, more='', app=''):
        return self.write(f'{kind}.conf', CONF.format(root=self.root, kind=kind, port=port, user=user or own_user(),
                                                      more=more, app=app))

    def run_server(self, *arguments, kind='container'):
        done = subprocess.run([swift_env.program(f'{kind}-replication-server'), *arguments], capture_output=True,
                              timeout=60, check=False, text=True)
        return done.returncode, done.stdout, done.stderr

    def test_help(self):
        for kind in ('account', 'container'):
            status, out, err = self.run_server('--help', kind=kind)
            self.assertEqual((status, err), (0, ''))
            self.assertIn(f'Usage: {kind}-replication-server CONFIG [options]\n', out)
            self.assertIn('  bind_port = 620' + ('2' if kind == 'account' else '1') + '\n', out)
            self.assertIn('Example: ', out)
            self.assertLessEqual(max(map(len, out.splitlines())), 100)

    def test_version(self):
        self.assertEqual(self.run_server('--version'), (0, 'container-replication-server dbrepl-0.1.0\n', ''))

    def test_usage_errors(self):
        usage = 'Usage: container-replication-server CONFIG [options]\n'
        self.assertEqual(self.run_server(), (1, usage + 'Error: missing config path argument\n', ''))
        self.assertEqual(self.run_server('/no/such'), (1, usage + 'Error: unable to locate /no/such\n', ''))
        status, out, err = self.run_server('--foo')
        self.assertEqual((status, out), (2, ''))
        self.assertIn('--foo', err)

    def refused(self, conf, problem, stream='out', kind='container'):
        status, out, err = self.run_server(conf, kind=kind)
        self.assertEqual(status, 1, out + err)
        self.assertIn(problem, out if stream == 'out' else err)
        self.assertEqual(err if stream == 'out' else out, '')

    def test_bad_configurations(self):
        self.refused(self.write('x.conf', 'nonsense\n'), f'{self.root}/x.conf')
        self.refused(self.conf(), 'account-server', kind='account')
        self.refused(self.conf(port=''), 'bind_port: not set')
        for port in ('0', '65536', 'x', '-1'):
            self.refused(self.conf(port=port), 'bind_port')
        for line in ('max_clients = 0', 'client_timeout = x', 'workers = -1', 'keep_idle = 32767', 'backlog = no',
                     'fallocate_reserve = 1x'):
            self.refused(self.conf(more=line), line.split()[0])
        self.refused(self.conf(app='upstream = nohost'), 'upstream: not an address: nohost')
        self.refused(self.conf(app='upstream = 127.0.0.1:1'), 'upstream: 127.0.0.1:1 is this server itself')

    def test_bad_surroundings(self):
        self.refused(self.conf(user='nobody-here', port=free_port()), 'there is no user nobody-here', 'err')
        self.refused(self.conf(more='log_udp_host = no.such.host.invalid'), 'no.such.host.invalid', 'err')
        self.write('swift.conf', '[swift-hash]\n')
        self.refused(self.conf(), 'swift.conf', 'err')
        os.unlink(f'{self.root}/swift.conf')

    def test_port_that_stays_taken(self):
        with socket.socket() as taken:
            taken.bind(('127.0.0.1', 0))
            taken.listen()
            self.refused(self.conf(port=taken.getsockname()[1]), 'the port is taken', 'err')

    def test_test_config(self):
        self.assertEqual(self.run_server(self.conf(), '--test-config'), (0, '', ''))
        self.assertEqual(self.run_server(self.conf(port='x'), '--test-config')[0], 1)

    def test_print_config(self):
        conf = self.conf(more='set_nothing = 1\nclient_timeout =\nworkers = auto', app='replication_server = no')
        status, out, err = self.run_server('--print-config', conf)
        self.assertEqual((status, err), (0, ''))
        lines = {line.split(' =')[0]: line for line in out.splitlines()}
        self.assertRegex(lines['bind_ip'], rf'^bind_ip = 127\.0\.0\.1 +# {conf}:2$')
        self.assertRegex(lines['client_timeout'], '^client_timeout = 60 +# default$')
        self.assertRegex(lines['workers'], '^workers = auto +# default$')
        self.assertRegex(lines['replication_server'], rf'^replication_server = no +# {conf}:\d+$')
        self.assertRegex(lines['recon_cache_path'], rf'^recon_cache_path = {self.root}/cache +# {conf}:\d+$')
        self.assertNotIn('set_nothing', lines)

    def test_folder_of_files(self):
        os.makedirs(f'{self.root}/conf.d')
        shutil.copy(self.conf(), f'{self.root}/conf.d/10.conf')
        self.write('conf.d/20.conf', '[DEFAULT]\nbind_port = 7\n')
        self.assertIn('bind_port = 7 ', self.run_server(f'{self.root}/conf.d', '--print-config')[1])

    def test_swifts_own_configuration_files(self):
        for kind in ('account', 'container'):
            status, out, err = self.run_server(f'/etc/swift/{kind}-server.conf', '--print-config', kind=kind)
            self.assertEqual((status, err), (0, ''))
            self.assertIn('bind_port = 62', out)
            # [DEFAULT] has one, the section another with `set`.
            self.assertRegex(out, f'log_name = swift-{kind}-server ')

    def test_samples_in_the_tree(self):
        for kind in ('account', 'container'):
            path = f'{SOURCE}/etc/{kind}-replication-server.conf-sample'
            with open(path, encoding='utf-8') as sample:
                text = sample.read()
            self.assertEqual(self.run_server('--print-sample-config', kind=kind), (0, text, ''))
            # As it stands, and with every default written out, it says the same.
            bare = self.run_server(path, '--print-config', kind=kind)[1]
            written = self.write('all.conf', '\n'.join(line[2:] if line.startswith('# ') and ' =' in line and
                                                       line[2:].split(' =')[0].isidentifier() else line
                                                       for line in text.splitlines()) + '\n')
            full = self.run_server(written, '--print-config', kind=kind)[1]
            strip = lambda out: [line.split(' #')[0].rstrip() for line in out.splitlines()]
            self.assertEqual(strip(bare), strip(full))
            self.assertGreater(len(strip(full)), 30)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
