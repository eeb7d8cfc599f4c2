"""What Swift's swift-init does (Debian leaves the script out): SERVER COMMAND [NAME=VALUE ...] to its Manager."""
import sys

from swift.common.manager import Manager

if __name__ == '__main__':
    server, command, *words = sys.argv[1:]
    options = {'verbose': False, 'wait': True, 'daemon': True, 'number': 0}
    options.update((name, int(value)) for name, value in (word.split('=') for word in words))
    sys.exit(Manager([server]).run_command(command, **options))
