"""A folder to measure in, on the filesystem that Swift's nodes have."""
import contextlib
import os
import shutil
import subprocess
import tempfile

SIZE_GB = 4  # as far as it is used: the file has holes


@contextlib.contextmanager
def folder():
    """(path, name of the filesystem): XFS in a file where that can be mounted, else the temporary folder as it is.

    The temporary folder may be the odd one: on ext4 without a journal whoever makes a file looks at every inode that was freed
    in the last minutes, by whomever, so that measurements pay for each other.
    """
    place = tempfile.mkdtemp(prefix='dbrepl-bench-')
    mounted = os.path.join(place, 'disk')
    os.mkdir(mounted)
    is_xfs = mount_xfs(place + '/image', mounted)
    try:
        yield mounted, 'XFS' if is_xfs else subprocess.run(['stat', '-f', '-c', '%T', mounted], check=True, text=True,
                                                           stdout=subprocess.PIPE).stdout.strip()
    finally:
        if is_xfs:
            subprocess.run(['umount', mounted], check=True)
        shutil.rmtree(place)


def mount_xfs(image, mounted):
    """False: not as this user, or not on this machine."""
    with open(image, 'wb') as file:
        file.truncate(SIZE_GB << 30)
    commands = ['mkfs.xfs', '-q', image], ['mount', '-o', 'loop,noatime', image, mounted]
    return all(succeeds(command) for command in commands)


def succeeds(command):
    return shutil.which(command[0]) is not None and subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0
