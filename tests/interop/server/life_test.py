"""The server as a process: what swift-init, systemd and operators see of it, and reloads under load."""
import http.client
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

from interop import swift_env
from interop.datagrams import Datagrams
from interop.server.node import Cluster, answers, children_of, free_port, wait_until


def status_of(pid):
    with open(f'/proc/{pid}/status', encoding='ascii') as lines:
        return dict(line.rstrip('\n').split(':\t', 1) for line in lines if ':\t' in line)


class Load:
    """Python clients that ask without end; whatever goes wrong is in `errors`."""

    def __init__(self, port, kept_alive, threads=4):
        self.port, self.kept_alive = port, kept_alive
        self.errors, self.answered, self.stopping = [], 0, False
        self.threads = [threading.Thread(target=self.ask, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def ask(self):
        connection = None
        while not self.stopping:
            try:
                connection = connection or http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
                connection.request('GET', '/recon/time')
                response = connection.getresponse()
                if response.status != 200:
                    self.errors.append(response.status)
                response.read()
                self.answered += 1
                if not self.kept_alive or response.will_close:
                    connection.close()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
                # A kept-alive connection may be closed while it is idle; a new one may not.
                if not self.kept_alive:
                    self.errors.append(repr(error))
                connection = None
            except OSError as error:
                self.errors.append(repr(error))
                connection = None

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()


class LifeTest(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster())
        self.port = free_port()
        self.log = Datagrams()

    def start(self, kind='container', default='', arguments=(), user=None, workers=1, **options):
        default = f'log_udp_host = 127.0.0.1\nlog_udp_port = {self.log.port}\nlog_level = DEBUG\n{default}'
        self.conf = self.cluster.write_conf('server.conf', kind, self.port, default, user=user, workers=workers)
        process = self.cluster.start_ours(kind, self.conf, self.port, arguments=list(arguments), **options)
        if workers:
            self.log.wait_for('Started child')
        return process

    def get(self, path='/healthcheck'):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        connection.request('GET', path)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body

    def assert_ended(self, process, code=0):
        self.assertEqual(process.wait(30), code)
        wait_until(lambda: not answers(self.port), 'the port is refused', 30)

    def test_terminates(self):
        for number, word in ((signal.SIGTERM, r'SIGTERM received \(%d\)'), (signal.SIGINT, 'User quit')):
            process = self.start()
            worker = children_of(process.pid)[0]
            idle = socket.create_connection(('127.0.0.1', self.port))
            began = time.monotonic()
            process.send_signal(number)
            self.assert_ended(process)
            self.assertLess(time.monotonic() - began, 8)
            self.assertFalse(os.path.exists(f'/proc/{worker}'))
            self.log.wait_for(r'^<\d+>container-server: Starting %d$' % process.pid)
            self.log.wait_for(word.replace('%d', str(process.pid)))
            self.log.wait_for(r'Exited \(%d\)' % process.pid)
            idle.close()
            self.port = free_port()

    def test_terminates_with_a_request_that_never_ends(self):
        process = self.start()
        with socket.create_connection(('127.0.0.1', self.port)) as stalled:
            stalled.sendall(b'REPLICATE /sd1/1/x HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf')
            time.sleep(0.2)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            self.assert_ended(process)
            self.assertLess(time.monotonic() - began, 8)

    def test_hangup_finishes_what_has_begun(self):
        process = self.start()
        worker = children_of(process.pid)[0]
        begun = socket.create_connection(('127.0.0.1', self.port))
        begun.sendall(b'POST /recon/time HTTP/1.1\r\nContent-Length: 5\r\n\r\nab')
        time.sleep(0.3)
        process.send_signal(signal.SIGHUP)
        self.assert_ended(process)
        self.assertTrue(os.path.exists(f'/proc/{worker}'), 'the worker must stay for the request')
        begun.sendall(b'cde')
        answer = b''
        while piece := begun.recv(4096):
            answer += piece
        self.assertTrue(answer.startswith(b'HTTP/1.1 200 OK'), answer)
        wait_until(lambda: not os.path.exists(f'/proc/{worker}'), 'the worker ends after it')

    def test_reloads_without_refusing_a_connection(self):
        process = self.start(workers=2)
        loads = [Load(self.port, kept_alive) for kept_alive in (False, True)]
        for load in loads:
            self.addCleanup(load.stop)
        workers = {children_of(process.pid)[0]}
        for _ in range(3):
            time.sleep(0.7)
            process.send_signal(signal.SIGUSR1)
            wait_until(lambda: len(children_of(process.pid)) == 1 and
                       not workers & set(children_of(process.pid)), 'a new worker alone')
            workers.update(children_of(process.pid))
        for load in loads:
            load.stop()
            self.assertEqual(load.errors, [])
            self.assertGreater(load.answered, 50)
        self.assertEqual(len(workers), 4)
        self.assertIsNone(process.poll())

    def test_reload_takes_the_new_configuration(self):
        process = self.start()
        self.assertEqual(self.get('/recon/time')[0], 200)
        with open(self.conf, encoding='utf-8') as conf:
            text = conf.read()
        self.cluster.write('server.conf', text.replace('pipeline = healthcheck recon', 'pipeline = healthcheck'))
        old = children_of(process.pid)
        process.send_signal(signal.SIGUSR1)
        wait_until(lambda: children_of(process.pid) and not set(old) & set(children_of(process.pid)), 'a new worker')
        self.assertEqual(self.get('/recon/time')[0], 502)

    def test_reload_moves_to_a_new_port(self):
        process = self.start()
        with open(self.conf, encoding='utf-8') as conf:
            text = conf.read()
        other = free_port()
        self.cluster.write('server.conf', text.replace(f'bind_port = {self.port}', f'bind_port = {other}'))
        process.send_signal(signal.SIGUSR1)
        wait_until(lambda: answers(other), 'the new port answers')
        wait_until(lambda: not answers(self.port), 'the old port is refused')

    def test_reload_with_a_bad_configuration_changes_nothing(self):
        process = self.start()
        old = children_of(process.pid)
        self.cluster.write('server.conf', 'nonsense')
        process.send_signal(signal.SIGUSR1)
        self.log.wait_for(r'not reloaded, the old generation stays: --test-config fails: .*server\.conf:1: ')
        self.assertEqual(children_of(process.pid), old)
        self.assertEqual(self.get(), (200, b'OK'))

    def test_dead_worker_is_replaced(self):
        process = self.start()
        dead = children_of(process.pid)[0]
        os.kill(dead, signal.SIGKILL)
        wait_until(lambda: children_of(process.pid) not in ([], [dead]), 'another worker')
        self.log.wait_for(r'Removing dead child %d from parent %d \(signal 9\)' % (dead, process.pid))
        wait_until(lambda: answers(self.port), 'it answers')
        self.assertEqual(self.get(), (200, b'OK'))

    def test_killed_parent_takes_its_worker_along(self):
        process = self.start()
        worker = children_of(process.pid)[0]
        process.send_signal(signal.SIGKILL)
        self.assert_ended(process, -signal.SIGKILL)
        wait_until(lambda: not os.path.exists(f'/proc/{worker}'), 'the worker ends')

    def test_single_process(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGINT):
            process = self.start(workers=0)
            self.assertEqual(children_of(process.pid), [])
            self.assertEqual(self.get(), (200, b'OK'))
            process.send_signal(number)
            self.assert_ended(process)

    def test_process_rules(self):
        read_end, write_end = os.pipe()
        process = self.start('account', default='nice_priority = 7')
        os.close(write_end)
        os.close(read_end)
        worker = children_of(process.pid)[0]
        for pid in (process.pid, worker):
            self.assertEqual(os.readlink(f'/proc/{pid}/cwd'), '/')
            self.assertEqual(os.getsid(pid), process.pid)
            self.assertEqual(os.getpgid(pid), process.pid)
            self.assertEqual(status_of(pid)['Umask'], '0022')
            self.assertEqual(os.getpriority(os.PRIO_PROCESS, pid), 7)
            for descriptor in range(3):
                self.assertEqual(os.readlink(f'/proc/{pid}/fd/{descriptor}'), '/dev/null')
        self.assertIn(b'account-replication-server', open(f'/proc/{process.pid}/cmdline', 'rb').read())

    def test_output_ends_when_it_serves(self):
        conf = self.cluster.write_conf('server.conf', 'container', self.port)
        process = self.cluster.start([swift_env.program('container-replication-server'), conf],
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(process.stdout.read(), b'')  # returns at the end of the pipe only
        self.assertTrue(answers(self.port))
        process.stdout.close()
        process.terminate()
        self.assertEqual(process.wait(30), 0)

    @unittest.skipUnless(os.geteuid() == 0, 'only root can become somebody else')
    def test_worker_becomes_the_user(self):
        os.chmod(self.cluster.root, 0o755)
        process = self.start(user='swift')
        swift = pwd.getpwnam('swift')
        status = status_of(children_of(process.pid)[0])
        self.assertEqual(set(status['Uid'].split()), {str(swift.pw_uid)})
        self.assertEqual(set(status['Gid'].split()), {str(swift.pw_gid)})
        groups = {str(group) for group in os.getgrouplist('swift', swift.pw_gid)}
        self.assertEqual(set(status['Groups'].split()), groups)

    def test_service_manager_is_told(self):
        for address in (f'{self.cluster.root}/notify', '\0dbrepl-test-%d' % os.getpid()):
            manager = Datagrams(socket.AF_UNIX, address)
            process = self.start(env={**os.environ, 'NOTIFY_SOCKET': address.replace('\0', '@')})
            manager.wait_for('^READY=1$')
            process.send_signal(signal.SIGUSR1)
            wait_until(lambda: manager.lines.count('READY=1') == 2, 'ready again')
            process.terminate()
            manager.wait_for('^STOPPING=1$')
            self.assert_ended(process)

    def test_requests_are_logged_and_counted_as_swift_does(self):
        statsd = Datagrams()
        self.start('account', default=f'log_statsd_host = 127.0.0.1\nlog_statsd_port = {statsd.port}\n'
                   'log_statsd_metric_prefix = pre')
        connection = http.client.HTTPConnection('127.0.0.1', self.port)
        for method, path, headers in (('REPLICATE', '/sd1/1/' + 'a' * 32, {}),
                                      ('OPTIONS', '/%C3%A9?x',
                                       {'X-Trans-Id': 'tx1', 'User-Agent': 'ua', 'Referer': 'r'}),
                                      ('PUT', '/sd1/1/a/c', {})):
            connection.request(method, path, b'["sync"]' if method == 'REPLICATE' else b'', headers)
            connection.getresponse().read()
        moment = r'127\.0\.0\.1 - - \[\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d \+0000\] '
        # 135: debug, 134: info, of LOG_LOCAL0.
        self.log.wait_for('^<135>account-server: ' + moment + '"REPLICATE /sd1/1/a{32}" (404|507) [0-9]+ "-" "-" "-" '
                          r'\d+\.\d{4} "-" \d+ -$')
        self.log.wait_for('^<134>account-server: ' + moment +
                          r'"OPTIONS /%C3%A9" 200 - "r" "tx1" "ua" \d+\.\d{4} "-" \d+ -$')
        self.log.wait_for('^<134>account-server: ' + moment + '"PUT /sd1/1/a/c" 502 ')
        statsd.wait_for(r'^pre\.account-server\.REPLICATE(\.errors)?\.timing:[0-9.e-]+\|ms$')
        statsd.wait_for(r'^pre\.account-server\.OPTIONS\.timing:[0-9.e-]+\|ms$')

    def test_own_file_limit_is_the_hard_one(self):
        process = self.start()
        with open(f'/proc/{children_of(process.pid)[0]}/limits', encoding='ascii') as limits:
            soft, hard = next(line for line in limits if line.startswith('Max open files')).split()[3:5]
        self.assertEqual(soft, hard)

    def test_swift_init_starts_and_stops_it(self):
        """As the manager does it: by name, from a folder in PATH, with a pid file and a look at the command line."""
        folder = f'{self.cluster.root}/bin'
        os.makedirs(folder)
        os.symlink(swift_env.program('container-replication-server'), f'{folder}/swift-container-server')
        conf = self.cluster.write_conf('server.conf', 'container', self.port)
        process = self.cluster.start([f'{folder}/swift-container-server', conf], self.port)
        self.assertIn(b'swift-container-server', open(f'/proc/{process.pid}/cmdline', 'rb').read())
        process.send_signal(signal.SIGUSR1)
        time.sleep(1)
        self.assertIn(b'swift-container-server', open(f'/proc/{process.pid}/cmdline', 'rb').read())
        process.terminate()
        self.assert_ended(process)


if __name__ == '__main__':
    swift_env.seed()
    unittest.main(argv=sys.argv[:1])
