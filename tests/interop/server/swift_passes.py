"""Debian's replicators, pass by pass: imported once, forked for each pass, at a time of the test's choosing."""
import json
import subprocess
import sys

from interop.server.node import OTHER_SWIFT_CONF

# Reads one order a line, {conf, kind, now, policies, arguments}; answers with the exit code of each pass.
HOST = OTHER_SWIFT_CONF + '''import json, os, time
from configparser import ConfigParser
from swift.account.replicator import AccountReplicator
from swift.common import db_replicator, storage_policy
from swift.common.daemon import run_daemon
from swift.container.replicator import ContainerReplicator

class PatientTimeout(db_replicator.Timeout):
    """Swift waits count / 2000 seconds for rsync_then_merge. Nothing here may depend on who is how fast."""
    def __init__(self, seconds=None, *rest):
        super().__init__(max(seconds, 120), *rest)

def run(order):
    real, offset = time.time, order['now'] - time.time()
    time.time = lambda: real() + offset
    db_replicator.Timeout = PatientTimeout
    if order['policies'] == 1:
        storage_policy._POLICIES = storage_policy.parse_storage_policies(ConfigParser())
    replicator = ContainerReplicator if order['kind'] == 'container' else AccountReplicator
    run_daemon(replicator, order['conf'], once=True, **order['arguments'])

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            run(json.loads(line))
            code = 0
        except SystemExit as end:
            code = end.code or 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
'''


class SwiftPasses:
    """One pass at a time."""

    def __init__(self, cluster):
        self.process = cluster.start([sys.executable, '-c', HOST, f'{cluster.root}/swift.conf'], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE)

    def run(self, **order):
        """Runs the pass to its end; any exit code but 0 ends the test."""
        self.process.stdin.write(json.dumps(order).encode() + b'\n')
        self.process.stdin.flush()
        code = self.process.stdout.readline().strip()
        if code != b'0':
            with open(self.process.log_path, encoding='utf-8') as output:
                raise AssertionError(f'replicator ended with {code}: {output.read()}')
