"""Processes of a test: forked from it (Swift's daemons then need not import Swift again) or executed, dead when the test is
dead, ended by their pid."""
import contextlib
import ctypes
import os
import pickle
import select
import signal
import sys
import traceback

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


class Process:
    """`run` is a function, called in a forked child, or the list of a program and its arguments. What it prints goes to the
    file `output`. It leads a group of its own."""

    def __init__(self, run, output, path=None):
        parent = os.getpid()
        self.name, self.output, self.code = str(run), output, None
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self.become(run, parent, path)
        self.handle = os.pidfd_open(self.pid)

    def become(self, run, parent, path):
        code = 70
        try:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(code)
            os.setsid()
            written = os.open(self.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.dup2(written, 1)
            os.dup2(written, 2)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            if path:
                os.environ['PATH'] = path
            if callable(run):
                code = run() or 0
            else:
                os.execvp(run[0], run)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def wait(self, seconds):
        """Its exit code, as subprocess has it; ends the test when it takes longer."""
        if self.code is None:
            poll = select.poll()
            poll.register(self.handle, select.POLLIN)
            if not poll.poll(seconds * 1000):
                self.kill()
                sys.exit(f'{self.name} still ran after {seconds} s:\n{self.printed()}')
            self.reap()
        return self.code

    def runs(self):
        if self.code is None and os.waitid(os.P_PIDFD, self.handle, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            self.reap()
        return self.code is None

    def reap(self):
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.handle)

    def kill(self):
        """Ends it with all of its group, at once."""
        if self.code is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.reap()

    def printed(self):
        with open(self.output, encoding='utf-8', errors='replace') as text:
            return text.read()[-4000:]


def in_child(function, *arguments):
    """What the function returns when a child calls it: whatever Swift's modules set up for themselves dies with it."""
    read_end, write_end = os.pipe()

    def run():
        os.close(read_end)
        with os.fdopen(write_end, 'wb') as out:
            pickle.dump(function(*arguments), out)
    child = Process(run, '/dev/stderr')
    os.close(write_end)
    with os.fdopen(read_end, 'rb') as answer:
        text = answer.read()
    if child.wait(300):
        sys.exit(f'{function.__name__} failed in its child')
    return pickle.loads(text)
