"""Devices of a fixed size, that a test can fill up: file systems in memory, which nobody but this process and its children
sees, so that none is left behind however it ends."""
import os
import shutil
import subprocess
import sys
import tempfile


def own_mounts():
    """Call first: starts the script again where it may mount."""
    if os.environ.get('DBREPL_OWN_MOUNTS') != str(os.getpid()):
        os.environ['DBREPL_OWN_MOUNTS'] = str(os.getpid())  # exec keeps the id
        user = [] if os.geteuid() == 0 else ['--map-root-user']
        os.execvp('unshare', ['unshare', '--mount', *user, sys.executable, *sys.argv])


class SmallDisk:
    """A mount over a folder, whose contents it takes over. Ends with `close`."""

    def __init__(self, path, kib):
        self.path, self.filler = path, f'{path}/filler'
        os.makedirs(path, exist_ok=True)
        with tempfile.TemporaryDirectory() as aside:
            shutil.copytree(path, f'{aside}/all', symlinks=True)
            done = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={kib}k', 'tmpfs', path], capture_output=True, text=True,
                                  check=False)
            if done.returncode:
                sys.exit(f'this test mounts small file systems, which is refused here; it needs CAP_SYS_ADMIN: {done.stderr}')
            shutil.copytree(f'{aside}/all', path, symlinks=True, dirs_exist_ok=True)

    def fill(self, free_kib=0):
        """Up to the last block, or but for so much."""
        with open(self.filler, 'ab', buffering=0) as filler:
            try:
                while True:
                    filler.write(b'\0' * 4096)
            except OSError:
                filler.truncate(os.path.getsize(self.filler) - free_kib * 1024)

    def free(self):
        os.unlink(self.filler)

    def close(self):
        subprocess.run(['umount', '--lazy', self.path], check=True)
