"""What anybody on the network can do to a replication server: hundreds of cases in tables, each against a real server.

usage: hostile_test.py requests|trees|files|slow [WORD...]      only cases whose names have one of the words

For each case: the answer is a refusal with one log line, nothing outside the device is opened or changed (pictures of the trees
and inotify), the device's database is as before, memory has not grown beyond a bound, no sanitizer has anything to say, and
the next good requests are served.
"""
import os
import sys
import tempfile
import time

from hostile import body_cases, file_cases, http_cases, path_cases, slow, tree_cases, watcher
from hostile.node import MEGABYTES, Node

GROUPS = {
    'requests': lambda kind: [*path_cases.cases(), *http_cases.cases(), *body_cases.cases(kind)] if kind == 'container' else
    list(body_cases.cases(kind)),
    'trees': lambda kind: list(tree_cases.cases()) if kind == 'container' else [],
    'files': lambda kind: list(file_cases.cases(kind)),
}


class Suite:
    def __init__(self, node):
        self.node, self.problems, self.count = node, [], 0
        self.slowest = (0, '')
        self.largest = (0, '')

    def run(self, case):
        node = self.node
        if case.prepare:
            case.prepare(node)
        before = watcher.picture(*node.watched()), node.picture_of_target()
        node.forget_peak()
        memory = node.megabytes('VmRSS')
        eyes = watcher.Watcher(*node.watched())
        began = time.monotonic()
        try:
            status = self.send(case)
        except OSError as error:
            status = repr(error)
        took = time.monotonic() - began
        events = eyes.events()
        eyes.close()
        peak = node.megabytes('VmHWM') - memory if node.is_alive() else 0
        problems = self.judge(case, status, events, peak, before)
        if case.prepare or before[1] != node.picture_of_target():
            node.restore()
        problems += self.next_good_requests()
        self.problems += [f'{node.kind}, {case.name}: {problem}' for problem in problems]
        self.count += 1
        self.slowest = max(self.slowest, (took, case.name))
        self.largest = max(self.largest, (peak, case.name))

    def send(self, case):
        if case.raw is not None:
            data = case.raw(self.node) if callable(case.raw) else case.raw
            return self.node.send_raw(data)[0]
        target = case.target(self.node) if callable(case.target) else case.target
        return self.node.ask(case.bytes_of_body(self.node), target)[0]

    def judge(self, case, status, events, peak, before):
        node = self.node
        problems = []
        if status not in case.statuses():
            problems.append(f'answered {status}, not {case.status}')
        if not node.is_alive():
            return problems + ['the server has died']
        lines = node.log_lines()
        if case.lines is not None and len(lines) != case.lines:
            problems.append(f'{len(lines)} log lines, not {case.lines}: {[line[:300] for line in lines[:5]]}')
        if any(ord(character) < 32 for line in lines for character in line):
            problems.append(f'a log line with control characters: {lines}')
        problems += [f'outside the device: {event}' for event in events]
        problems += [f'changed: {line}' for line in watcher.changes(before[0], watcher.picture(*node.watched()))]
        if status not in (200, 202, 204):
            problems += [f'changed: {line}' for line in watcher.changes(before[1], node.picture_of_target())]
        if case.check:
            problem = case.check(node)
            problems += [problem] if problem else []
        if peak > MEGABYTES + case.megabytes * (3 if MEGABYTES > 40 else 1):
            problems.append(f'{peak} MB of memory, allowed are {MEGABYTES} and {case.megabytes}')
        return problems

    def next_good_requests(self):
        node = self.node
        try:
            problems = [] if node.state() == node.first_state else [f'afterwards sync is answered {node.state()}, not {node.first_state}']
            status = node.write_to_another()
        except OSError as error:
            return [f'afterwards no answer: {error!r}']
        return problems + ([] if status == 202 else [f'afterwards a good merge is answered {status}'])


def run_group(group, kind, words):
    cases = [case for case in GROUPS[group](kind) if not words or any(word in case.name for word in words)]
    if not cases:
        return 0, []
    with Node(kind) as node:
        suite = Suite(node)
        for case in cases:
            suite.run(case)
            if not node.is_alive() or len(suite.problems) > 100:
                suite.problems.append('given up')
                break
        if node.is_alive() and node.count_of_other() != node.rows:
            suite.problems.append(f'{node.rows} rows were acknowledged, {node.count_of_other()} are there')
        suite.problems += node.stop()
        print(f'{kind}: {suite.count} cases; slowest {suite.slowest[0]:.2f} s ({suite.slowest[1]}), most memory {suite.largest[0]} MB '
              f'({suite.largest[1]})', flush=True)
        return suite.count, suite.problems


def main():
    group, words = sys.argv[1], sys.argv[2:]
    if os.access('/dev/shm', os.W_OK):
        tempfile.tempdir = '/dev/shm'  # where syncing costs nothing
    began = time.monotonic()
    if group == 'slow':
        count, problems = slow.run()
    else:
        results = [run_group(group, kind, words) for kind in ('container', 'account')]
        count, problems = sum(result[0] for result in results), [line for result in results for line in result[1]]
    for line in problems:
        print(line[:6000])
    print(f'{count} cases, {len(problems)} problems, {time.monotonic() - began:.1f} s')
    if problems or not count:
        sys.exit(1)


if __name__ == '__main__':
    main()
