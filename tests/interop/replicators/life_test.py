"""A replicator as a process: what swift-init, systemd and operators see of it while it sleeps and works."""
import contextlib
import http.server
import json
import os
import re
import resource
import shutil
import signal
import socket
import threading
import time
import unittest

from interop.datagrams import Datagrams
from interop.replicators.node import Node
from interop.server.node import wait_until
from swift.common.utils import Timestamp, hash_path
from swift.container.backend import ContainerBroker


def status_of(pid):
    with open(f'/proc/{pid}/status', encoding='ascii') as lines:
        return dict(line.rstrip('\n').split(':\t', 1) for line in lines if ':\t' in line)


def threads_of(pid):
    names = []
    for thread in os.listdir(f'/proc/{pid}/task'):
        with contextlib.suppress(FileNotFoundError), open(f'/proc/{pid}/task/{thread}/comm', encoding='ascii') as comm:
            names.append(comm.read().rstrip('\n'))
    return names


class SilentPeer:
    """Takes connections and requests, and never answers."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.connections, self.requests = [], 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self.listener.accept()[0]
                self.connections.append(connection)
                connection.recv(65536)
                self.requests += 1

    def close(self):
        self.listener.close()
        for connection in self.connections:
            connection.close()


class NothingHere(http.server.BaseHTTPRequestHandler):
    """A peer that has no such database."""
    protocol_version = 'HTTP/1.1'

    def do_REPLICATE(self):
        self.rfile.read(int(self.headers['Content-Length']))
        self.send_response(404)
        self.send_header('Content-Length', '0')
        self.end_headers()

    def log_message(self, *_):
        pass


class LifeTest(unittest.TestCase):
    def setUp(self):
        self.node = self.enterContext(Node())
        self.log = self.node.log

    def start(self, *arguments, section=None, wait_for='Starting', env=None, **default):
        self.node.write_options(section, **{'log_level': 'DEBUG', **default})
        options = {'env': {**os.environ, **env}} if env else {}
        process = self.node.start_replicator(*arguments, **options)
        self.log.wait_for(wait_for)
        return process

    def start_asleep(self, *arguments, **options):
        """It is in its first sleep, which takes part of a year."""
        process = self.start(*arguments, section={'interval': 10_000_000}, **options)
        wait_until(lambda: status_of(process.pid)['SigCgt'] != '0' * 16 and 'loop' in threads_of(process.pid),
                   'signal handlers')
        # The last signal that is taken care of.
        wait_until(lambda: int(status_of(process.pid)['SigCgt'], 16) >> (signal.SIGUSR1 - 1) & 1, 'SIGUSR1 handled')
        return process

    def signal(self, process, number, then=None):
        before = len(self.log.lines)
        os.kill(process.pid, number)
        if then:
            wait_until(lambda: any(re.search(then, line) for line in self.log.lines[before:]),
                       f'{then} in {self.log.lines[before:]}')

    def ended(self, process, within):
        begun = time.monotonic()
        code = process.wait(within + 30)
        self.assertLess(time.monotonic() - begun, within)
        return code

    def make_database(self, account='a', container='c', partition=None):
        """A database that Swift's broker made, where this node's ring wants it."""
        from swift.common.ring import Ring
        found = hash_path(account, container)
        if partition is None:
            partition = Ring(self.node.root, ring_name='container').get_part(account, container)
        path = f'{self.node.root}/devices/sd0/containers/{partition}/{found[-3:]}/{found}/{found}.db'
        os.makedirs(os.path.dirname(path))
        broker = ContainerBroker(path, account=account, container=container)
        broker.initialize(Timestamp.now().internal, 0)
        broker.put_object('o', Timestamp.now().internal, 1, 'text/plain', 'etag')
        broker.get_info()
        return path

    def start_busy(self, section=None, **options):
        """It waits for an answer that never comes."""
        peer = SilentPeer()
        self.addCleanup(peer.close)
        self.node.write_ring('container', [self.node.device(0), self.node.device(1, peer.port)])
        self.make_database()
        process = self.start('once', section=section, **options)
        wait_until(lambda: peer.requests, 'a request to the silent peer')
        return process

    def start_sending(self, section=None):
        """It waits for an rsync that never ends; also the pid of that."""
        os.makedirs(f'{self.node.root}/bin')
        with open(f'{self.node.root}/bin/rsync', 'w', encoding='ascii') as fake:
            fake.write(f'#!/bin/sh\necho $$ > {self.node.root}/rsync.new\nmv {self.node.root}/rsync.new '
                       f'{self.node.root}/rsync.pid\nexec sleep 1000\n')
        os.chmod(f'{self.node.root}/bin/rsync', 0o755)
        peer = http.server.ThreadingHTTPServer(('127.0.0.1', 0), NothingHere)
        threading.Thread(target=peer.serve_forever, daemon=True).start()
        self.addCleanup(peer.shutdown)
        self.node.write_ring('container', [self.node.device(0), self.node.device(1, peer.server_address[1])])
        self.make_database()
        process = self.start('once', section=section, env={'PATH': f'{self.node.root}/bin:{os.environ["PATH"]}'})
        wait_until(lambda: os.path.exists(f'{self.node.root}/rsync.pid'), 'rsync')
        with open(f'{self.node.root}/rsync.pid', encoding='ascii') as pid:
            return process, int(pid.read())

    def recon(self):
        with open(f'{self.node.root}/cache/container.recon', encoding='ascii') as text:
            return json.loads(text.read())

    # Standing.

    def test_names_session_and_streams(self):
        process = self.start_asleep()
        with open(f'/proc/{process.pid}/cmdline', 'rb') as line:
            self.assertIn(b'swift-container-replicator', line.read())
        self.assertEqual(os.getpgid(process.pid), process.pid)
        self.assertEqual(os.getsid(process.pid), process.pid)
        self.assertEqual(os.readlink(f'/proc/{process.pid}/cwd'), '/')
        self.assertEqual(status_of(process.pid)['Umask'], '0022')
        for stream in (0, 1, 2):
            self.assertEqual(os.readlink(f'/proc/{process.pid}/fd/{stream}'), '/dev/null')

    def test_verbose_keeps_standard_error(self):
        process = self.start_asleep('verbose')
        self.assertNotEqual(os.readlink(f'/proc/{process.pid}/fd/2'), '/dev/null')
        self.assertEqual(os.readlink(f'/proc/{process.pid}/fd/1'), '/dev/null')

    def test_another_user(self):
        os.chmod(self.node.root, 0o755)
        if os.geteuid() != 0:
            self.fail('this test needs root')
        process = self.start_asleep(user='nobody')
        import pwd
        self.assertEqual(status_of(process.pid)['Uid'].split(), [str(pwd.getpwnam('nobody').pw_uid)] * 4)

    def test_threads_are_those_of_the_documentation(self):
        process = self.start_asleep()
        self.assertEqual(sorted(threads_of(process.pid)), ['loop', 'swift-container'])

    def test_threads_of_a_pass_are_those_of_the_documentation(self):
        process = self.start_busy({'node_timeout': 600, 'concurrency': 3})
        names = {re.sub(r'\d+$', 'N', name) for name in threads_of(process.pid)}
        self.assertLessEqual({'loop', 'swift-container', 'visit-N'}, names)
        self.assertLessEqual(names, {'loop', 'swift-container', 'visit-N', 'progress'})

    def test_devices_and_partitions_count_only_once(self):
        self.start('-d', 'sdx', '-p', 'x', section={'interval': 0}, wait_for='Replication run OVER')
        self.assertFalse([line for line in self.log.lines if 'Skipping' in line])

    def test_passes_follow_each_other(self):
        self.start(section={'interval': 0.2}, wait_for='Replication run OVER')
        wait_until(lambda: sum('Beginning replication run' in line for line in self.log.lines) > 2, 'three passes')

    # Stopping.

    def test_sigterm_asleep(self):
        process = self.start_asleep()
        self.signal(process, signal.SIGTERM)
        self.assertEqual(self.ended(process, within=2), 0)
        self.assertEqual(self.node.log_lines()[-2:],
                         [f'<133>container-replicator: SIGTERM received ({process.pid})',
                          '<133>container-replicator: Exited PID'])

    def test_sigint_asleep(self):
        process = self.start_asleep()
        self.signal(process, signal.SIGINT)
        self.assertEqual(self.ended(process, within=2), 0)
        self.assertEqual(self.node.log_lines()[-2:],
                         ['<133>container-replicator: User quit', '<133>container-replicator: Exited PID'])

    def test_sigterm_busy(self):
        process = self.start_busy({'node_timeout': 5})
        self.signal(process, signal.SIGTERM)
        self.assertEqual(self.ended(process, within=6), 0)
        lines = self.node.log_lines()
        self.assertIn('Exited PID', lines[-1])
        self.assertNotIn('at once', lines[-1])
        # Recon was written all the same.
        self.assertEqual(self.recon()['replication_stats']['attempted'], 1)

    def test_a_long_patience_is_cut(self):
        process = self.start_busy({'node_timeout': 600})
        self.signal(process, signal.SIGTERM)
        self.assertEqual(self.ended(process, within=12), 0)

    def test_second_sigterm(self):
        process = self.start_busy({'node_timeout': 600})
        self.signal(process, signal.SIGTERM, 'SIGTERM received')
        self.signal(process, signal.SIGTERM)
        self.assertEqual(self.ended(process, within=2), 0)
        self.assertRegex(self.node.log_lines()[-1], r'Exited \w+ at once: a second signal$')

    def test_sigterm_ends_rsync(self):
        process, rsync = self.start_sending({'node_timeout': 4})
        self.signal(process, signal.SIGTERM)
        self.assertEqual(self.ended(process, within=6), 0)
        self.assertFalse(os.path.exists(f'/proc/{rsync}'))
        self.assertEqual(self.recon()['replication_stats']['attempted'], 1)

    def test_second_sigterm_ends_rsync(self):
        process, rsync = self.start_sending({'node_timeout': 600})
        self.signal(process, signal.SIGTERM, 'SIGTERM received')
        self.signal(process, signal.SIGTERM)
        self.assertEqual(self.ended(process, within=2), 0)
        wait_until(lambda: not os.path.exists(f'/proc/{rsync}') or status_of(rsync)['State'].startswith('Z'), 'its end')

    # Working.

    def test_a_pass_brings_rows(self):
        self.node.write_ring('container', [self.node.device(0), self.node.device(1)])
        self.node.write('swift.conf', '[swift-hash]\nswift_hash_path_suffix = changeme\n'
                        'swift_hash_path_prefix = changeme\n')
        path = self.make_database()
        other = path.replace('/sd0/', '/sd1/')
        shutil.copytree(os.path.dirname(path), os.path.dirname(other))
        ContainerBroker(other).newid('somebody')
        ContainerBroker(path).put_object('p', Timestamp.now().internal, 1, 'text/plain', 'etag')
        ContainerBroker(other).put_object('q', Timestamp.now().internal, 1, 'text/plain', 'etag')
        conf = self.node.write_conf('replication.conf', 'container', self.node.port)
        self.node.start_ours('container', conf, self.node.port)
        self.assertEqual(self.node.run('ours', self.node.conf, 'once')[0], 0)
        names = [[row[0] for row in ContainerBroker(each).list_objects_iter(9, '', '', '', '')] for each in (path, other)]
        self.assertEqual(names, [['o', 'p', 'q']] * 2)
        self.assertEqual(self.recon()['replication_stats']['failure'], 0)

    def test_dry_run_says_and_does_nothing(self):
        self.node.write_ring('container', [self.node.device(0), self.node.device(1)])
        path = self.make_database()
        os.makedirs(f'{self.node.root}/devices/sd1')
        conf = self.node.write_conf('replication.conf', 'container', self.node.port)
        self.node.start_ours('container', conf, self.node.port)
        before = os.stat(path)
        status, out, err, _ = self.node.run('ours', self.node.conf, '--dry-run')
        self.assertEqual((status, err), (0, ''))
        self.assertRegex(out, rf'send file .*{os.path.basename(path)}')
        self.assertEqual(os.stat(path).st_mtime_ns, before.st_mtime_ns)
        self.assertFalse(os.path.exists(f'{self.node.root}/cache/container.recon'))
        self.assertFalse(os.path.exists(path.replace('/sd0/', '/sd1/')))

    def test_a_thousand_workers_fit_into_what_swift_init_grants(self):
        limit = 2 * 1024 ** 3
        self.make_database()
        self.node.write_options({'concurrency': 1000})
        status, out, err, lines = self.node.run(
            'ours', self.node.conf, 'once',
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit)))
        self.assertEqual((status, out, err), (0, '', ''))
        self.assertIn('<134>container-replicator: Attempted to replicate 1 dbs in N seconds (N/s)', lines)
        self.assertFalse([line for line in lines if line.startswith(('<131>', '<132>', '<130>'))], lines)

    # Asking.

    def test_sigusr1_tells_progress(self):
        process = self.start_asleep()
        self.signal(process, signal.SIGUSR1, 'No replication run yet')
        self.signal(process, signal.SIGUSR1, r'Next pass in \d+ seconds')
        self.assertIsNone(process.poll())

    def test_sigusr1_while_busy(self):
        process = self.start_busy({'node_timeout': 600})
        self.signal(process, signal.SIGUSR1, r'Replication run: 0 of about \d+ dbs in [\d.]+ seconds')
        self.signal(process, signal.SIGTERM, 'SIGTERM received')
        self.signal(process, signal.SIGTERM)
        self.ended(process, within=2)

    # Reading the configuration anew.

    def test_sighup_takes_the_new_configuration(self):
        process = self.start_asleep()
        self.node.write_options({'interval': 0.2}, log_name='renamed', log_level='DEBUG')
        self.signal(process, signal.SIGHUP, r'renamed: configuration reloaded \(\d+\)')
        self.log.wait_for('renamed: Replication run OVER')
        self.node.write_options({'interval': 0.2}, log_name='again', log_level='DEBUG', nice_priority='19')
        self.signal(process, signal.SIGHUP, 'again: configuration reloaded')
        self.log.wait_for('again: nice_priority: changes with the next start only')
        self.log.wait_for('again: Replication run OVER')
        self.assertIsNone(process.poll())

    def test_sighup_keeps_the_old_configuration_when_the_new_is_bad(self):
        process = self.start_asleep()
        for section, default, problem in (({'per_diff': 'x'}, {}, r'server\.conf:\d+: per_diff'),
                                          ({}, {'swift_dir': '/nonexistent'}, '/nonexistent/container.ring.gz'),
                                          ({}, {'log_udp_port': '0'}, 'log_udp_port'),
                                          ({'rsync_module': '{nothing}'}, {}, 'rsync_module')):
            self.node.write_options(section, **default)
            self.signal(process, signal.SIGHUP, f'<131>.*not reloaded, the old one stays: .*{problem}')
        os.unlink(self.node.conf)
        self.signal(process, signal.SIGHUP, 'not reloaded')
        self.signal(process, signal.SIGUSR1, 'Next pass in')

    def test_sighup_during_a_single_pass_changes_nothing(self):
        process = self.start_busy({'node_timeout': 3})
        self.signal(process, signal.SIGHUP, 'a single pass keeps its configuration')
        self.assertEqual(process.wait(60), 0)
        self.assertIn('Replication run OVER', '\n'.join(self.log.lines))

    # Service managers.

    def manager(self):
        path = f'{self.node.root}/notify'
        return Datagrams(socket.AF_UNIX, path), {'NOTIFY_SOCKET': path}

    def test_ready_and_stopping(self):
        manager, env = self.manager()
        process = self.start(section={'interval': 10_000_000}, env=env)
        manager.wait_for('^READY=1$')
        self.signal(process, signal.SIGTERM)
        manager.wait_for('^STOPPING=1$')
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(manager.lines, ['READY=1', 'STOPPING=1'])

    def test_watchdog_is_fed_in_sleep(self):
        manager, env = self.manager()
        self.start(section={'interval': 10_000_000}, env={**env, 'WATCHDOG_USEC': '200000'})
        wait_until(lambda: manager.lines.count('WATCHDOG=1') > 3, 'words to the watchdog')

    def test_watchdog_is_fed_while_a_peer_is_waited_for(self):
        manager, env = self.manager()
        self.start_busy({'node_timeout': 600}, env={**env, 'WATCHDOG_USEC': '200000'})
        before = manager.lines.count('WATCHDOG=1')
        wait_until(lambda: manager.lines.count('WATCHDOG=1') > before + 3, 'words to the watchdog')

    def test_watchdog_is_not_fed_when_a_pass_is_stuck(self):
        """A disk that hangs: here a lock that somebody holds, with nothing else to do."""
        manager, env = self.manager()
        path = self.make_database()
        broker = ContainerBroker(path)
        broker.put_object('p', Timestamp.now().internal, 1, 'text/plain', 'etag')
        with broker.get() as connection:
            connection.execute('BEGIN EXCLUSIVE')
            self.start('once', env={**env, 'WATCHDOG_USEC': '200000'}, wait_for='Replicating db')
            manager.wait_for('^READY=1$')
            # A word that was on its way may come; then there is silence for many periods.
            time.sleep(1)
            before = manager.lines.count('WATCHDOG=1')
            time.sleep(1)
            self.assertEqual(manager.lines.count('WATCHDOG=1'), before)
            connection.execute('ROLLBACK')


if __name__ == '__main__':
    unittest.main()
