"""Requests whose path leads somewhere it must not, or nowhere."""
from hostile.case import Case
from hostile.node import hash_of

SYNC = ['sync', -1, 'h', 'peer', '1700000000.00000', '1700000000.00000', '0', '']
COMPLETE = ['complete_rsync', 'peer-id']

HASH = hash_of('container')
# Device, status: 507 is Swift's word for a device that is none.
DEVICES = [('..', 400), ('.', 400), ('%2e%2e', 400), ('%2E', 400), ('..%2f..%2foutside', 400), ('%2e%2e%2foutside', 400),
           ('sda%2f..%2fsdb', 400), ('sda%00', 412), ('sda%00.db', 412), ('%00', 412), ('%ff', 412), ('%c0%af', 412), ('%ed%a0%80', 412),
           ('%20', 507), ('sda%20', 507), ('%2a', 507), ('sd%3f', 507), ('%24HOME', 507), ('%60id%60', 507), ('~%2b', 507),
           ('sda%0a', 507), ('sda%0d%0aX-Bad:%201', 507), ('%3cscript%3e', 507), ('%c3%a9', 507), ('%252e%252e', 507),
           ('sd%61%25', 507), ('s' * 256, 507), ('s' * 5000, 507), ('%7f', 507), ('-rf%20', 507)]
MISSING_DEVICES = ['sdz', 'a-file', '~', '-', '...', 'sda.', 'SDA', 's' * 255]
PARTITIONS = ['..', '.', '%2e%2e', '-1', '+7', '07', '7.0', '7e0', '0x7', '%207', '7%20', '7%0a', '4294967296',
              '99999999999999999999', 'seven', '%D9%A7', '7%2f..%2f7', '..%2f7', '%2f', 'NaN', '*', '7' * 4000]
HASHES = ['..', '.', '%2e%2e', HASH.upper() + '', HASH[:-1], HASH + '0', HASH[:-1] + 'g', HASH + '.db', HASH + '%20', HASH + '%0a',
          '..%2f' + HASH, '%2e%2e%2f%2e%2e', '*', '0' * 31 + '%c3%a9', HASH + '_1700000000.00000', 'x' * 4000, '%2e' * 32,
          HASH[:16] + '%2f' + HASH[16:]]
# Whole targets.
TARGETS = [('/', 400), ('//', 400), ('///', 400), ('/sda', 400), ('/sda/7', 400), (f'//7/{HASH}', 400), (f'/sda//{HASH}', 400),
           ('/sda/7//', 400), (f'/sda/7/{HASH}/more', 400), (f'/sda/7/{HASH}//', 400), (f'/sda/7/{HASH}/x/..', 400),
           (f'/../sda/7/{HASH}', 400), (f'/sda/../sdb/7/{HASH}', 400), (f'/./sda/7/{HASH}', 400), (f'/sda/7/../7/{HASH}', 400),
           (f'sda/7/{HASH}', 400), (f'..%2f/7/{HASH}', 400), ('%2fsda%2f7', 400), ('*', 400), ('http://elsewhere/sda/7/x', 400),
           (f'file:///sda/7/{HASH}', 400), ('%', 400), ('/sda/7/%', 400), ('/sda/7/%zz', 400), ('/%/7/x', 507),
           (f'/sda/7/{HASH}%3f', 400), (f'/sda/7/{HASH}%23', 400), (f'/sda/7/{HASH};x=1', 400), (f'/sda/7/\\..\\{HASH}', 400),
           ('/' + '../' * 1000 + 'etc/passwd', 400), ('/sda/7/' + 'a/' * 2000, 400), ('?', 412), ('?/sda/7/x', 412)]


def cases():
    for device, status in DEVICES:
        yield Case(f'device {device[:40]}', SYNC, status, f'/{device}/7/{HASH}')
    for device in MISSING_DEVICES:
        yield Case(f'device {device[:40]}', SYNC, 507, f'/{device}/7/{HASH}', lines=0)
    for partition in PARTITIONS:
        yield Case(f'partition {partition[:40]}', SYNC, 400, f'/sda/{partition}/{HASH}')
    for hash_ in HASHES:
        yield Case(f'hash {hash_[:40]}', COMPLETE, 400, f'/sda/7/{hash_}')
    for target, status in TARGETS:
        yield Case(f'target {target[:40]}', SYNC, status, target)
    yield Case('another partition', SYNC, 404, f'/sda/8/{HASH}', lines=0)
    yield Case('another hash', SYNC, 404, '/sda/7/' + '0' * 32, lines=0)
