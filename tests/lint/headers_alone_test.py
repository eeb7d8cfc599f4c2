"""Lint: every header compiles alone, with the project's warnings as errors.

Most prove it whenever the tree is built, since their own .cc includes them before anything else. The others are compiled
here. With --self-test it checks that a header is only believed to be proven when a .cc that is built begins with it.
"""
import concurrent.futures
import os
import subprocess
import sys
import tempfile

from lint import house_rules_test

FLAGS = ['-std=c++20', '-fsyntax-only', '-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Wconversion', '-Werror',
         '-Wno-pragma-once-outside-header', '-D_GNU_SOURCE']


PLANTED = {
    'CMakeLists.txt': 'add_library(x\n  first.cc\n  second.cc)\n',
    'first.cc': '#include "first.h"\n',
    'second.cc': '#include <string>\n#include "second.h"\n',
    'unlisted.cc': '#include "unlisted.h"\n',
    'bad.h': '#pragma once\ninline std::string Text() { return {}; }\n',
}


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def is_proven_by_the_build(root, header):
    """Its own .cc is in the folder's CMakeLists.txt and includes it first."""
    source = os.path.join(root, header[:-2] + '.cc')
    targets = os.path.join(os.path.dirname(source), 'CMakeLists.txt')
    if not os.path.exists(source) or not os.path.exists(targets):
        return False
    includes = house_rules_test.INCLUDE.findall(read(source))
    return os.path.basename(source) in read(targets).split() and includes[:1] == [('"', header)]


def compile_alone(root, path):
    run = subprocess.run(['g++', *FLAGS, '-I', root, '-x', 'c++', '-'], text=True, capture_output=True,
                         input=f'#include "{path}"\n#include "{path}"\n', check=False)
    return path, run.returncode, run.stderr


def self_test():
    with tempfile.TemporaryDirectory() as root:
        for path, text in PLANTED.items():
            with open(os.path.join(root, path), 'w', encoding='utf-8') as out:
                out.write(text)
        names = ('first', 'second', 'unlisted', 'bad')
        proven = [name for name in names if is_proven_by_the_build(root, name + '.h')]
        refused = compile_alone(root, 'bad.h')[1] != 0
    print(f'proven by a build: {", ".join(proven)}; what does not compile alone is {"" if refused else "not "}found')
    return 0 if proven == ['first'] and refused else 1


def main():
    if '--self-test' in sys.argv:
        return self_test()
    root = os.environ['DBREPL_SOURCE']
    headers = [path for path in house_rules_test.tracked_files(root) if path.endswith('.h')]
    unproven = [path for path in headers if not is_proven_by_the_build(root, path)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, code, stderr in pool.map(lambda header: compile_alone(root, header), unproven):
            if code:
                failed += 1
                print(f'{path} does not compile alone:\n{stderr}')
    print(f'{len(headers)} headers, {len(unproven)} of them compiled here, {failed} do not compile alone')
    return 1 if failed or not unproven else 0


if __name__ == '__main__':
    sys.exit(main())
