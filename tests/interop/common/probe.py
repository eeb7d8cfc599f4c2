"""Talks to conf_probe: one request, one answer."""
import json
import subprocess

from interop import swift_env


class Probe:
    def __init__(self):
        self._process = subprocess.Popen([swift_env.program('conf_probe')], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)

    def __call__(self, op, **arguments):
        """What the probe answers: {'ok': ...} or {'error': message}."""
        self._process.stdin.write(json.dumps({'op': op, **arguments}) + '\n')
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f'the probe died of {op} {arguments!r}, exit code {self._process.wait()}')
        return json.loads(line)

    def close(self):
        self._process.stdin.close()
        assert self._process.wait() == 0
        self._process.stdout.close()
