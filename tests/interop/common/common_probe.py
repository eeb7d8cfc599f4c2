"""The program common_probe as an object: one question, one answer."""
import json
import subprocess

from interop import swift_env


class Probe:
    def __init__(self):
        self._process = subprocess.Popen([swift_env.program('common_probe')], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._process.stdin.close()
        if self._process.wait(10) != 0:
            raise SystemExit(f'common_probe exited with {self._process.returncode}')

    def ask(self, *question):
        return self.ask_all([question])[0]

    def ask_all(self, questions):
        """The answers, in order. Asked in portions that fit the pipes."""
        answers = []
        for begin in range(0, len(questions), 100):
            portion = questions[begin:begin + 100]
            self._process.stdin.write(b''.join(json.dumps(q).encode() + b'\n' for q in portion))
            self._process.stdin.flush()
            for _ in portion:
                line = self._process.stdout.readline()
                if not line:
                    raise SystemExit(f'common_probe died on one of {portion}')
                answers.append(json.loads(line))
        return answers


def is_error(answer):
    return isinstance(answer, dict) and 'error' in answer


def compare(what, cases, ours, theirs):
    """Prints the first differences and returns how many there are. ValueErrors of Swift are expected errors of ours."""
    wrong = 0
    for case, our, their in zip(cases, ours, theirs, strict=True):
        same = our.get('error') == 'bad_input' if their is ValueError and is_error(our) else our == their
        if not same:
            wrong += 1
            if wrong <= 5:
                print(f'{what} {case!r}: ours {our!r}, Swift {their!r}')
    accepted = sum(their is not ValueError for their in theirs)
    print(f'{what}: {len(theirs)} cases, {accepted} accepted by Swift, {wrong} differences', flush=True)
    return wrong
