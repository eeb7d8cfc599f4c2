"""Lint: every C++ source is formatted as .clang-format says. ./run format mends it."""
import os
import subprocess
import sys

from lint import house_rules_test


def main():
    root = os.environ['DBREPL_SOURCE']
    sources = [path for path in house_rules_test.tracked_files(root)
               if path.endswith(house_rules_test.SOURCE_SUFFIXES)]
    run = subprocess.run(['clang-format', '--dry-run', '-Werror', *sources], cwd=root, text=True, capture_output=True)
    print(run.stderr if run.returncode else f'{len(sources)} sources, all formatted')
    return 1 if run.returncode else 0


if __name__ == '__main__':
    sys.exit(main())
