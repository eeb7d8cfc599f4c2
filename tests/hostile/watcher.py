"""What a server must leave alone: a picture of a tree before and after, and inotify for what leaves no trace in it, such as
a file that was opened or changed and put back."""
import ctypes
import hashlib
import os
import stat
import struct

ATTRIBUTES, CLOSED, OPENED, MOVED, CREATED, DELETED, MODIFIED = 0x4, 0x8, 0x20, 0xc0, 0x100, 0x200, 0x2
WATCHED = ATTRIBUTES | CLOSED | OPENED | MOVED | CREATED | DELETED | MODIFIED
IS_DIRECTORY = 0x40000000
EVENT = struct.Struct('iIII')
LIBC = ctypes.CDLL(None, use_errno=True)


def picture(*roots):
    """{path: what it is}: type, mode, links, of files also size, time and contents, of everything below the roots."""
    seen = {}
    for root in roots:
        for path in [root] + [os.path.join(folder, name) for folder, folders, files in os.walk(root) for name in folders + files]:
            found = os.lstat(path)
            content = ''
            if stat.S_ISLNK(found.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(found.st_mode):
                with open(path, 'rb') as file:
                    content = hashlib.md5(file.read(32 << 20)).hexdigest()  # some are huge
            is_folder = stat.S_ISDIR(found.st_mode)
            # A journal that came and went leaves only a folder's time behind.
            size_and_time = () if is_folder else (found.st_size, found.st_mtime_ns)
            seen[path] = (oct(found.st_mode), found.st_uid, found.st_nlink, *size_and_time, content)
    return seen


def changes(before, after):
    return sorted(f'{path}: {before.get(path)} -> {after.get(path)}'
                  for path in before.keys() | after.keys() if before.get(path) != after.get(path))


class Watcher:
    """Tells what anybody did in these folders since the last look."""

    def __init__(self, *roots):
        self.fd = LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), 'inotify_init1')
        self.paths = {}
        for root in roots:
            for folder in [root] + [os.path.join(above, name) for above, names, _ in os.walk(root) for name in names]:
                watch = LIBC.inotify_add_watch(self.fd, os.fsencode(folder), WATCHED)
                if watch < 0:
                    raise OSError(ctypes.get_errno(), f'inotify_add_watch {folder}')
                self.paths[watch] = folder

    def events(self):
        """Lines such as "opened /outside/file", each once."""
        found = set()
        while True:
            try:
                data = os.read(self.fd, 65536)
            except BlockingIOError:
                return sorted(found)
            while data:
                watch, mask, _, length = EVENT.unpack_from(data)
                name = data[EVENT.size:EVENT.size + length].rstrip(b'\0').decode(errors='replace')
                data = data[EVENT.size + length:]
                what = {OPENED: 'opened', ATTRIBUTES: 'attributes', CREATED: 'created', DELETED: 'deleted', MODIFIED: 'modified'}
                words = [word for bit, word in what.items() if mask & bit] + (['moved'] if mask & MOVED else [])
                if words and not mask & IS_DIRECTORY:
                    found.add(f"{' '.join(words)} {self.paths.get(watch)}/{name}")

    def close(self):
        os.close(self.fd)
