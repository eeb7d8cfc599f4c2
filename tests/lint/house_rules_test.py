"""Lint: arrows between folders, homes of foreign libraries, marks, file sizes, maps. Exits 1 with one line a breach.

With --self-test it checks that each rule catches a planted breach.
"""
import fnmatch
import os
import re
import subprocess
import sys
import tempfile

from lint import rules

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)
SOURCE_SUFFIXES = ('.h', '.cc')


def tracked_files(root):
    """Files git tracks or would track; below a folder that is no checkout, every file."""
    try:
        out = subprocess.run(['git', '-C', root, 'ls-files', '-co', '--exclude-standard'],
                             capture_output=True, text=True, check=True).stdout
        return sorted(name for name in out.splitlines() if os.path.exists(os.path.join(root, name)))
    except subprocess.CalledProcessError:
        return sorted(os.path.relpath(os.path.join(folder, name), root)
                      for folder, _, names in os.walk(root) for name in names)


def check_arrows(path, includes):
    folder = path.split('/')[0]
    for kind, target in includes:
        top = target.split('/')[0]
        if top not in rules.ARROWS and not (kind == '"' and '/' in target):
            continue
        if folder in rules.OUTSIDE:
            continue
        if top != folder and top not in rules.ARROWS.get(folder, set()):
            yield f'{path}: {folder}/ must not include "{target}" (arrows: docs/ARCHITECTURE.md)'


def check_inner_arrows(path, includes):
    part = os.path.dirname(path)
    if part not in rules.INNER_ARROWS:
        return
    for _, target in includes:
        other = os.path.dirname(target)
        if other == part or other.split('/')[0] != part.split('/')[0]:
            continue
        if other not in rules.INNER_ARROWS[part]:
            yield f'{path}: {part}/ must not include "{target}" (parts of {part.split("/")[0]}/: its README.md)'


def check_homes(path, includes):
    for _, target in includes:
        for prefix, homes in rules.FOREIGN_HOMES.items():
            if target.startswith(prefix) and not any(fnmatch.fnmatch(path, home) for home in homes):
                yield f'{path}: <{target}> has its home in {", ".join(homes)}'


def check_marks(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if any(re.search(r'\b%s\b' % mark, line) for mark in rules.MARKS):
            yield f'{path}:{number}: a mark left behind: {line.strip()}'


def check_size(path, text):
    limit = rules.MAX_TEST_LINES if path.startswith('tests/') else rules.MAX_LINES[os.path.splitext(path)[1]]
    lines = text.count('\n')
    if lines > rules.LONG_FILES.get(path, limit):
        yield f'{path}: {lines} lines; split it by jobs (limit {limit})'


def check_own_header_first(path, includes):
    if path.endswith('.cc') and includes:
        own = path[:-3] + '.h'
        names = [target for _, target in includes]
        if own in names and names[0] != own:
            yield f'{path}: include "{own}" first, so that it proves to stand alone'


def check_headers(path, text):
    if path.endswith('.h') and '#pragma once' not in text:
        yield f'{path}: no #pragma once'
    if path.endswith('.h') and not text.startswith('//'):
        yield f'{path}: begins without a comment that says what it is'


def check_map(root, folder, paths):
    """The folder's README.md names each source in backticks, with or without ending, or by a pattern with a star."""
    readme = os.path.join(root, folder, 'README.md')
    if not os.path.exists(readme):
        yield f'{folder}/README.md: there is none to map the folder'
        return
    with open(readme, encoding='utf-8') as text:
        names = [re.sub(r'\.(cc|h)$', '', name) for name in re.findall(r'`([^`]+)`', text.read())]
    for module in sorted({os.path.splitext(os.path.basename(path))[0] for path in paths}):
        if not any(fnmatch.fnmatchcase(module, name) for name in names):
            yield f'{folder}/README.md: does not say what {module} is for'


def breaches(root):
    files = tracked_files(root)
    for folder in rules.ARROWS:
        sources = [path for path in files if path.startswith(folder + '/') and path.endswith(SOURCE_SUFFIXES)]
        if sources:
            yield from check_map(root, folder, sources)
    for path in files:
        if not path.endswith(SOURCE_SUFFIXES):
            continue
        with open(os.path.join(root, path), encoding='utf-8') as source:
            text = source.read()
        includes = INCLUDE.findall(text)
        yield from check_arrows(path, includes)
        yield from check_inner_arrows(path, includes)
        yield from check_homes(path, includes)
        yield from check_marks(path, text)
        yield from check_size(path, text)
        yield from check_own_header_first(path, includes)
        yield from check_headers(path, text)


PLANTED = {
    'ring/up.cc': '#include "broker/database.h"\n',
    'common/up.cc': '#include "ring/ring.h"\n',
    'replicator/home.cc': '#include <sqlite3.h>\n',
    'replicator/inner.cc': '#include "replicator/answer/inner.h"\n',
    'replicator/shared/inner.cc': '#include "replicator/recon/inner.h"\n',
    'daemons/home.h': '// x\n#pragma once\n#include <boost/program_options.hpp>\n',
    'common/mark.cc': '// ' + rules.MARKS[0] + ': later\n',
    'ring/long.cc': '\n' * 2000,
    'ring/order.cc': '#include <string>\n#include "ring/order.h"\n',
    'ring/order.h': '#include <string>\n',
    'broker/README.md': '`mapped.h`, `parts*`\n',
}
# Beside them, what is no breach.
SOUND = {
    'broker/mapped.cc': '\n',
    'broker/parts_of_it.cc': '\n',
    'broker/unmapped.cc': '\n',
    'ring/README.md': '`up`, `long`, `order`\n',
}


def self_test():
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**PLANTED, **SOUND}.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), 'w', encoding='utf-8') as out:
                out.write(text)
        lines = list(breaches(root))
        found = {line.split(':')[0] for line in lines}
        missed = set(PLANTED) - found
        blamed = set(SOUND) & found
        if missed or blamed or 'broker/README.md: does not say what mapped is for' in lines:
            print('not caught: ' + ', '.join(sorted(missed)) + '; caught wrongly: ' + ', '.join(sorted(blamed)))
            return 1
    print(f'{len(PLANTED)} planted breaches caught')
    return 0


def main():
    if '--self-test' in sys.argv:
        return self_test()
    found = list(breaches(os.environ['DBREPL_SOURCE']))
    print('\n'.join(found) if found else 'no breach of the house rules')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
