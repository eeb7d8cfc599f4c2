"""write_section.py NAME BODY FILE: puts a measurement's Markdown into FILE under its heading, replacing what stood there."""
import ast
import os
import platform
import re
import subprocess
import sys
import time

PREAMBLE = """# Benchmarks

Written by `./run bench`: each section is one measurement, dbrepl and Python Swift side by side in one run on one machine.
Compare figures within a section only.
"""


def machine():
    with open('/proc/cpuinfo', encoding='ascii', errors='replace') as info:
        models = re.findall(r'^model name\s*: (.*)$', info.read(), re.M)
    cpu = models[0] if models else platform.machine()
    return f'{len(os.sched_getaffinity(0))} x {cpu}, {platform.system()} {platform.release()}'


def commit():
    def git(*arguments):
        return subprocess.run(['git', *arguments], capture_output=True, text=True, check=False).stdout.strip()
    changed = git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!docs')
    return git('rev-parse', '--short=10', 'HEAD') + (' with changes' if changed else '')


def section(name, body):
    with open(f'bench/{name}.py', encoding='utf-8') as script:
        heading = ast.get_docstring(ast.parse(script.read())).splitlines()[0].rstrip('.')
    when = time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())
    return (f'## {heading}\n\n{body.strip()}\n\n'
            f'`./run bench {name}`, {when}, commit {commit()}, {machine()}.\n')


def main():
    name, body_path, target = sys.argv[1:]
    with open(body_path, encoding='utf-8') as source:
        new = section(name, source.read())
    old = PREAMBLE
    if os.path.exists(target):
        with open(target, encoding='utf-8') as source:
            old = source.read()
    preamble, *sections = re.split(r'(?m)^(?=## )', old)
    heading = new.splitlines()[0]
    kept = [part.strip() + '\n' for part in sections if part.splitlines()[0] != heading]
    with open(target, 'w', encoding='utf-8') as out:
        out.write('\n'.join([preamble.strip() + '\n', *sorted([*kept, new])]))


if __name__ == '__main__':
    main()
