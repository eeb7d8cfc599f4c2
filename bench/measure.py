"""What measurements share: alternating runs, medians, Markdown tables."""
import os
import resource
import statistics
import subprocess
import sys


def program(name):
    """Path of a release program; ends the measurement when it is not built."""
    path = os.path.join(os.environ['DBREPL_BIN'], name)
    if not os.path.exists(path):
        sys.exit(f'{path} is not built')
    return path


# Starts a program and waits for it in a process that is small itself: a child's peak memory counts what its parent had when
# it was born, and a measurement that imported Swift has much. The program's own CPU is read from its clock while it is dead and
# not yet waited for; the number of a process's clock is that of clock_getcpuclockid(3).
WAITER = """
import os, sys, time
started = time.perf_counter()
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0)])
os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
wall, own = time.perf_counter() - started, time.clock_gettime((~pid << 3) | 2)
_, status, usage = os.wait4(pid, 0)
print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, own)
sys.exit(status != 0)
"""


def run_process(command, env=None):
    """Runs a command to its end: (wall seconds, CPU seconds with children, peak memory in MB, CPU seconds of its own). Any exit
    code but 0 ends the measurement.

    Memory below that of a bare interpreter (about 9 MB) shows as that.
    """
    run = subprocess.run([sys.executable, '-I', '-S', '-c', WAITER, *command], env={**os.environ, **(env or {})},
                         stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f'{command} failed')
    return tuple(map(float, run.stdout.split()))


def alternate(contenders, rounds):
    """Calls each contender (name -> function returning numbers) in turn, `rounds` times after one warm-up: name -> medians."""
    samples = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, measure in contenders.items():
            sample = measure()
            if turn > 0:
                samples[name].append(sample)
    return {name: [statistics.median(column) for column in zip(*rows)] for name, rows in samples.items()}


def own_cpu():
    """CPU seconds this process has used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def table(header, rows):
    """A Markdown table; numbers are right-aligned."""
    lines = ['| ' + ' | '.join(header) + ' |', '|' + '|'.join(['---'] + ['---:'] * (len(header) - 1)) + '|']
    lines += ['| ' + ' | '.join(str(cell) for cell in row) + ' |' for row in rows]
    return '\n'.join(lines)
