"""docs/BEHAVIOURS.md names tests for every behaviour of Swift's unit tests: each of them must exist."""
import glob
import os
import re
import sys

SOURCE = os.environ['DBREPL_SOURCE']
UNIT_TEST = re.compile(r'^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)', re.MULTILINE)
SCRIPT_TEST = re.compile(r'dbrepl_script_test\(\s*NAME\s+(\S+)')


def existing_tests():
    names = set()
    for path in glob.glob(SOURCE + '/tests/**/*.cc', recursive=True):
        with open(path) as file:
            names.update('.'.join(pair) for pair in UNIT_TEST.findall(file.read()))
    for path in glob.glob(SOURCE + '/tests/**/CMakeLists.txt', recursive=True):
        with open(path) as file:
            names.update(SCRIPT_TEST.findall(file.read()))
    return names


def problems(text, names):
    """Rows that name no test, or one that does not exist."""
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip('|').split(' | ')]
        if not line.startswith('| ') or len(cells) != 2 or cells[1] == 'here':
            continue
        tests = re.findall(r'`([\w.]+\.[\w.]+)`', cells[1])
        if not tests and not cells[1].startswith('COMPATIBILITY'):
            found.append('%s: no test and no reason' % cells[0])
        found += ['%s: there is no test %s' % (cells[0], test) for test in tests if test not in names]
    return found


def main():
    names = existing_tests()
    assert problems('| `x` | `NoSuch.Test` |\n| `y` | nothing |', names) == [
        '`x`: there is no test NoSuch.Test', '`y`: no test and no reason']
    with open(SOURCE + '/docs/BEHAVIOURS.md') as file:
        text = file.read()
    assert text.count('\n| ') > 40, 'the tables were not found'
    found = problems(text, names)
    print('\n'.join(found))
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
