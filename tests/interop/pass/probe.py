"""Talks to pass_probe: one request, one answer."""
import json
import subprocess

from interop import swift_env


class Probe:
    def __init__(self):
        self._process = subprocess.Popen([swift_env.program('pass_probe')], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._process.stdin.close()
        assert self._process.wait(30) == 0, self._process.returncode

    def __call__(self, op, **arguments):
        self._process.stdin.write(json.dumps({'op': op, **arguments}) + '\n')
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f'the probe died of {op} {arguments!r}'
        return json.loads(line)
