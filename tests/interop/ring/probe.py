"""Drives ring_probe: one request and one answer a line."""
import json
import subprocess

from interop import swift_env


class Probe:
    def __init__(self):
        self.process = subprocess.Popen([swift_env.program('ring_probe')], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def ask(self, *request):
        """The answer; ends the test when the probe reports an error."""
        self.process.stdin.write(json.dumps(request) + '\n')
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if isinstance(answer, dict) and 'error' in answer:
            raise AssertionError(f'{request}: {answer["error"]}')
        return answer

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise AssertionError(f'ring_probe exited with {self.process.returncode}')
