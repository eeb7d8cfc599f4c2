"""Lint: every header compiles alone, with the project's warnings as errors."""
import concurrent.futures
import os
import subprocess
import sys

from lint import house_rules_test

FLAGS = ['-std=c++20', '-fsyntax-only', '-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Wconversion', '-Werror',
         '-Wno-pragma-once-outside-header', '-D_GNU_SOURCE']


def compile_alone(root, path):
    run = subprocess.run(['g++', *FLAGS, '-I', root, '-x', 'c++', '-'], text=True, capture_output=True,
                         input=f'#include "{path}"\n#include "{path}"\n')
    return path, run.returncode, run.stderr


def main():
    root = os.environ['DBREPL_SOURCE']
    headers = [path for path in house_rules_test.tracked_files(root) if path.endswith('.h')]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, code, stderr in pool.map(lambda header: compile_alone(root, header), headers):
            if code:
                failed += 1
                print(f'{path} does not compile alone:\n{stderr}')
    print(f'{len(headers)} headers, {failed} do not compile alone')
    return 1 if failed or not headers else 0


if __name__ == '__main__':
    sys.exit(main())
