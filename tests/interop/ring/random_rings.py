"""Random rings made by Swift's RingBuilder, and files of them in all forms that Swift 2.30 reads."""
import array
import gzip
import json
import math
import struct

from swift.common.ring.builder import RingBuilder


def random_devices(rng, at_least):
    """At least so many devices with weight: several regions and zones, addresses with several devices, IPv6, weights from zero to very uneven."""
    regions, zones, hosts = rng.randint(1, 4), rng.randint(1, 4), rng.randint(1, 4)
    weights = rng.choice([[100.0], [1.0, 100.0], [0.0, 10.0, 33.3, 4000.0], [50.0, 50.0, 0.0]])
    devices = []
    for index in range(rng.randint(at_least, 40)):
        region, zone, host = rng.randint(1, regions), rng.randint(0, zones - 1), rng.randint(0, hosts - 1)
        ip = f'fd00:{region}:{zone}::{host + 1:x}' if rng.random() < 0.2 else f'10.{region}.{zone}.{host + 1}'
        devices.append({'region': region, 'zone': zone, 'ip': ip, 'port': rng.choice([6201, 6202]),
                        'replication_ip': ip, 'replication_port': 6301, 'device': f'sd{index}',
                        'weight': rng.choice(weights), 'meta': rng.choice(['', 'naïve ☃', 'rack "1"'])})
    for device in devices[:at_least]:
        device['weight'] = device['weight'] or 1.0
    return devices


def build(rng, part_power):
    """A rebalanced builder; some devices removed afterwards, so that the ring has holes."""
    replicas = rng.choice([1, 2, 3, 3, 4, 5, 1.5, 2.25, 2.5, 3.1, 4.75])
    builder = RingBuilder(part_power, replicas, 0)
    needed = math.ceil(replicas)
    for device in random_devices(rng, needed):
        builder.add_dev(device)
    builder.rebalance(seed=rng.randrange(1000))
    present = [device['id'] for device in builder.devs if device and device['weight']]
    rng.shuffle(present)
    for device_id in present[:rng.randint(0, (len(present) - needed) // 2)]:
        builder.remove_dev(device_id)
    if rng.random() < 0.3:
        builder.set_overload(0.5)
    builder.pretend_min_part_hours_passed()
    builder.rebalance(seed=rng.randrange(1000))
    if rng.random() < 0.2:
        builder.next_part_power = part_power + 1
    return builder


def write_variant(ring_data, path, kind):
    """Writes a version 1 file as another machine or an old release would have: 'swapped', 'no-byteorder' or 'old-devices'."""
    header = {'byteorder': 'little', 'devs': [dict(dev) if dev else None for dev in ring_data.devs],
              'part_shift': ring_data._part_shift, 'replica_count': len(ring_data._replica2part2dev_id)}
    rows = [array.array('H', row) for row in ring_data._replica2part2dev_id]
    if kind == 'swapped':
        header['byteorder'] = 'big'
        for row in rows:
            row.byteswap()
    elif kind == 'no-byteorder':
        del header['byteorder']
    elif kind == 'old-devices':
        for dev in filter(None, header['devs']):
            for key in ('replication_ip', 'replication_port', 'meta'):
                dev.pop(key, None)
            if dev['region'] == 1:
                del dev['region']
            dev['colour'] = 'red'
    text = json.dumps(header).encode('ascii')
    with gzip.open(path, 'wb') as out:
        out.write(struct.pack('!4sHI', b'R1NG', 1, len(text)) + text)
        for row in rows:
            out.write(row.tobytes())
