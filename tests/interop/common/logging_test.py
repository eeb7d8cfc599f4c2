"""What reaches a syslog and a StatsD daemon from us equals, byte for byte, what reaches it from Swift."""
import contextlib
import os
import random
import select
import socket
import sys
import tempfile

from interop import swift_env
from common_probe import Probe
from swift.common.utils import StatsdClient, get_logger

LEVELS = ('debug', 'info', 'notice', 'warning', 'error', 'critical')
WORDS = ('DEBUG', 'info', 'Warning', 'WARN', 'ERROR', 'critical', 'FATAL', 'NOTSET', 'NOTICE', 'loud', '')
FACILITIES = [f'LOG_LOCAL{i}' for i in range(8)] + [
    'LOG_KERN', 'LOG_USER', 'LOG_MAIL', 'LOG_DAEMON', 'LOG_AUTH', 'LOG_SYSLOG', 'LOG_LPR', 'LOG_NEWS', 'LOG_UUCP', 'LOG_CRON',
    'LOG_AUTHPRIV', 'LOG_FTP', 'LOG_NTP', 'LOG_SECURITY', 'LOG_CONSOLE', 'LOG_SOLCRON', 'LOG_LOCAL8', 'local0', '']
MESSAGES = ['Beginning replication run', 'a\nb\n\nc\n', 'é€漢字\U0001f600 ' * 5, '', '%s {} %d', 'tab\tcr\r', 'x' * 5000,
            '/srv/node/sda/containers/1/abc/d.db: merged', '#012']


def drain(receiver):
    received = []
    while select.select([receiver], [], [], 0)[0]:
        received.append(receiver.recv(65536))
    return received


def receiver(family, address):
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 ** 20)
    sock.bind(address)
    return contextlib.closing(sock)


def log_as_swift(conf, lines):
    # The conf reader hands Swift texts.
    logger = get_logger({key: str(value) for key, value in conf.items()}, log_route=f'route-{random.random()}')
    for level, message in lines:
        getattr(logger, level)(message)


def random_conf(rng, target):
    conf = dict(target, log_name=rng.choice(['container-replicator', 'account-server', 'é']),
                log_level=rng.choice(WORDS), log_facility=rng.choice(FACILITIES))
    if rng.random() < 0.6:
        conf['log_max_line_length'] = rng.choice([-1, 0, 1, 6, 7, 8, 20, 21, 100, 2000])
    return conf


def compare_logs(probe, sock, confs):
    wrong = lines_seen = 0
    for conf in confs:
        lines = [(level, message) for level in LEVELS for message in MESSAGES]
        for begin in range(0, len(lines), 5):  # a unix socket queues few datagrams
            portion = lines[begin:begin + 5]
            log_as_swift(conf, portion)
            theirs = drain(sock)
            assert probe.ask('log', conf, portion) is True
            ours = drain(sock)
            lines_seen += len(theirs)
            if ours != theirs:
                wrong += 1
                print(f'{conf}: ours {ours!r}, Swift {theirs!r}')
    print(f'log: {len(confs)} configurations, {lines_seen} lines of Swift, {wrong} portions differ', flush=True)
    return wrong + (lines_seen == 0)


def send_as_swift(conf, events):
    client = StatsdClient(conf['log_statsd_host'], conf['log_statsd_port'], conf['log_statsd_metric_prefix'],
                          conf['log_name'], conf['log_statsd_default_sample_rate'],
                          conf['log_statsd_sample_rate_factor'])
    client.random = lambda: 0.0  # every event is taken, so that its line can be compared
    for kind, metric, value, rate in events:
        if kind == 'increment':
            client.increment(metric, rate)
        else:
            client.timing(metric, value, rate)


def random_event(rng):
    value = rng.choice([rng.uniform(0, 1e5), rng.uniform(0, 1e-6), float(rng.randrange(100)), 1e17])
    # Rates of half and more, so that asking often enough brings every event through.
    return [rng.choice(['increment', 'timing']), rng.choice(['timing', 'removes.sda', 'rsyncs', 'é']), value,
            rng.choice([None, None, 1.0, 0.9, 0.75, 0.5])]


def compare_stats(probe, rng, sock, host):
    wrong = 0
    for _ in range(60):
        conf = {'log_statsd_host': host, 'log_statsd_port': sock.getsockname()[1],
                'log_name': rng.choice(['container-replicator', '']), 'log_statsd_metric_prefix': rng.choice(['', 'east.1']),
                'log_statsd_default_sample_rate': rng.choice([1.0, 1.0, 0.8, 0.7]),
                'log_statsd_sample_rate_factor': rng.choice([1.0, 1.0, 0.9, 2.0])}
        event = random_event(rng)
        send_as_swift(conf, [event])
        theirs = drain(sock)
        assert len(theirs) == 1, theirs
        ours = []
        for _ in range(200):
            assert probe.ask('statsd', conf, [event]) is True
            ours = drain(sock)
            if ours:
                break
        if ours != theirs:
            wrong += 1
            print(f'{conf} {event}: ours {ours!r}, Swift {theirs!r}')
    print(f'statsd to {host}: 60 events, {wrong} differ', flush=True)
    return wrong


def main():
    rng = random.Random(swift_env.seed())
    wrong = 0
    with tempfile.TemporaryDirectory() as root, Probe() as probe:
        path = os.path.join(root, 'log')
        with receiver(socket.AF_UNIX, path) as sock:
            target = {'log_address': path}
            confs = [dict(target, log_name='n', log_level=word) for word in WORDS]
            confs += [dict(target, log_name='n', log_facility=facility) for facility in FACILITIES]
            confs += [random_conf(rng, target) for _ in range(60)]
            wrong += compare_logs(probe, sock, confs)
        with receiver(socket.AF_INET, ('127.0.0.1', 0)) as sock:
            target = {'log_udp_host': '127.0.0.1', 'log_udp_port': sock.getsockname()[1]}
            wrong += compare_logs(probe, sock, [random_conf(rng, target) for _ in range(10)])
            wrong += compare_stats(probe, rng, sock, '127.0.0.1')
        with receiver(socket.AF_INET6, ('::1', 0)) as sock:
            wrong += compare_stats(probe, rng, sock, '::1')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
