"""Which devices are this machine's: every answer equals that of Swift's whataremyips and is_local_device."""
import itertools
import socket
import sys

from interop.ring.probe import Probe

from swift.common.ring.utils import is_local_device
from swift.common.utils import whataremyips

BIND_IPS = ['', '0.0.0.0', '::', '0::0', '0', '127.0.0.1', '127.1', '10.0.0.1', '::1', 'FD00::1', 'fd00:0:0::1', '::ffff:10.0.0.1',
            'localhost', socket.gethostname(), 'bad_name', '1.2.3.4.5', '256.1.1.1', '::g']
DEVICE_IPS = ['127.0.0.1', '10.0.0.1', '::1', '0:0::1', 'FD00::1', 'fd00::1', 'fd00:0:0:0:0:0:0:1', '::ffff:10.0.0.1', 'localhost',
              'LOCALHOST', 'localhost.', 'bad_name', '-bad', 'a..b', '', '[::1]', '127.1', '10.0.0.1 ',
              socket.gethostname()]
MY_IPS = [['127.0.0.1'], ['10.0.0.1', '127.0.0.1'], ['fd00::1'], ['FD00::1'], ['::1'], [], ['bad_name', '-bad', 'a..b', ''],
          ['[::1]', '10.0.0.1 ', '127.1'], ['::ffff:10.0.0.1']]
# Asked about once: Swift's resolver waits long before it gives up.
UNKNOWN_HOST = 'no-such-host.invalid'
PORTS = [(6201, 6201), (6201, 6202), (None, 6201), (0, 0)]


def main():
    probe = Probe()
    failures = []
    for bind_ip in BIND_IPS:
        ours, swifts = probe.ask('my_ips', bind_ip), whataremyips(bind_ip)
        if sorted(ours) != sorted(swifts):
            failures.append(f'whataremyips({bind_ip!r}): {ours}, Swift {swifts}')
    cases = list(itertools.product(MY_IPS + [whataremyips('')], PORTS, DEVICE_IPS))
    cases.append((['127.0.0.1', UNKNOWN_HOST], (6201, 6201), UNKNOWN_HOST))
    local = 0
    for my_ips, (my_port, port), ip in cases:
        ours, swifts = probe.ask('is_local', my_ips, my_port, ip, port), is_local_device(my_ips, my_port, ip, port)
        local += swifts
        if ours != swifts:
            failures.append(f'is_local_device({my_ips}, {my_port}, {ip!r}, {port}): {ours}, Swift {swifts}')
    probe.close()
    print('\n'.join(failures))
    print(f'{len(BIND_IPS)} bind addresses, {len(cases)} devices ({local} local), {len(failures)} differences')
    return 1 if failures or not 0 < local < len(cases) else 0


if __name__ == '__main__':
    sys.exit(main())
