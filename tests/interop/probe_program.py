"""A probe program: a library of ours behind standard input and output, a line of JSON for each request and answer."""
import json
import subprocess

from interop import swift_env


class ProbeProgram:
    """A running probe. It ends with `close` or the `with` block. If it dies or fails, the test ends."""

    def __init__(self, name, *arguments):
        self.name = name
        self.process = subprocess.Popen([swift_env.program(name), *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def send(self, *requests):
        self.process.stdin.write(b''.join(json.dumps(request).encode() + b'\n' for request in requests))
        self.process.stdin.flush()

    def receive(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f'{self.name} ended with {self.process.wait()} and owes an answer')
        return json.loads(line)

    def ask(self, request):
        self.send(request)
        try:
            return self.receive()
        except SystemExit as death:
            raise SystemExit(f'{death} to {json.dumps(request)}') from None

    def __call__(self, op, **arguments):
        """The answer to a request that is an object and names an operation."""
        return self.ask({'op': op, **arguments})

    def close(self):
        self.process.stdin.close()
        if self.process.wait(60) != 0:
            raise SystemExit(f'{self.name} ended with {self.process.returncode}')
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
