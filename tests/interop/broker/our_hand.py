"""The second hand: our brokers behind broker_probe, one long-lived process that speaks JSON lines (README.md)."""
import json
import subprocess

from interop import swift_env


class OurHand:
    name = 'ours'
    keeps_rows = True

    def __init__(self):
        self.probe = subprocess.Popen([swift_env.program('broker_probe')], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, history, path, step):
        """Does one operation; {'result': value} or {'error': text}. A crash of the probe ends the test."""
        request = dict(step, kind=history['kind'], renews=history.get('renews', False), path=path, account=history['account'], container=history['container'] or '')
        self.probe.stdin.write(json.dumps(request).encode() + b'\n')
        self.probe.stdin.flush()
        answer = self.probe.stdout.readline()
        if not answer:
            raise SystemExit('broker_probe ended with %s at %s' % (self.probe.wait(), json.dumps(request)))
        return json.loads(answer)

    def close(self):
        self.probe.stdin.close()
        if self.probe.wait() != 0:
            raise SystemExit('broker_probe ended with %s' % self.probe.returncode)
