"""The second hand: our brokers behind broker_probe, one long-lived process that speaks JSON lines (README.md)."""
from interop.probe_program import ProbeProgram


class OurHand:
    name = 'ours'
    keeps_rows = True

    def __init__(self):
        self.probe = ProbeProgram('broker_probe')

    def run(self, history, path, step):
        """Does one operation; {'result': value} or {'error': text}. A crash of the probe ends the test."""
        request = dict(step, kind=history['kind'], renews=history.get('renews', False), path=path, account=history['account'],
                       container=history['container'] or '')
        return self.probe.ask(request)

    def close(self):
        self.probe.close()
