"""Does the same steps with Swift's RingBuilder and with ring-builder, and measures both with Swift's own code."""
import array
import base64
import json
import os
import subprocess
import tempfile

from swift.common.ring.builder import RingBuilder

from interop import swift_env

MIN_PART_HOURS = 1


def swift_builder_from_json(path):
    """Swift's RingBuilder holding what one of our builder files holds."""
    with open(path, encoding='utf-8') as file:
        ours = json.load(file)
    typecode = {2: 'H', 4: 'I'}[ours['device_id_bytes']]
    rows = [array.array(typecode, base64.b64decode(row)) for row in ours['replica2part2dev']]
    devs = ours['devices']
    for dev in devs:
        if dev is not None:
            dev['parts'] = sum(row.count(dev['id']) for row in rows)
    return RingBuilder.from_dict({
        'part_power': ours['part_power'], 'replicas': ours['replicas'],
        'min_part_hours': ours['min_part_hours'], 'parts': 2 ** ours['part_power'], 'devs': devs,
        'devs_changed': ours['devices_changed'], 'version': ours['version'],
        'overload': ours['overload'], '_replica2part2dev': rows or None,
        '_last_part_moves_epoch': ours['last_moves_epoch'],
        '_last_part_moves': array.array('B', base64.b64decode(ours['hours_since_move'])),
        '_last_part_gather_start': ours['last_gather_start'],
        '_remove_devs': [devs[dev_id] for dev_id in ours['removed']], 'id': ours['id']})


def measure(builder):
    """(balance, dispersion) in Swift's own words."""
    builder._build_dispersion_graph()
    return builder.get_balance(), builder.dispersion


def moved(before, after):
    """Partition replicas that are on another device than before, or new."""
    before = before or []
    count = 0
    for replica, row in enumerate(after):
        old = before[replica] if replica < len(before) else []
        count += sum(a != b for a, b in zip(row, old)) + max(0, len(row) - len(old))
    return count


def copy_rows(builder):
    return [row[:] for row in builder._replica2part2dev] if builder._replica2part2dev else None


class SwiftSide:
    def __init__(self, part_power, replicas, seed):
        self.builder = RingBuilder(part_power, replicas, MIN_PART_HOURS)
        self.seed = seed

    def step(self, name, *values):
        builder = self.builder
        if name == 'add':
            region, zone, ip, device, weight = values
            builder.add_dev({'region': region, 'zone': zone, 'ip': ip, 'port': 6202, 'device': device,
                             'weight': weight, 'replication_ip': ip, 'replication_port': 6202})
        elif name == 'weight':
            builder.set_dev_weight(*values)
        elif name == 'zone':
            builder.set_dev_zone(*values)
        elif name == 'remove':
            builder.remove_dev(*values)
        elif name == 'replicas':
            builder.set_replicas(*values)
        elif name == 'overload':
            builder.set_overload(*values)
        elif name == 'hours':
            builder.pretend_min_part_hours_passed()
        elif name == 'rebalance':
            before = copy_rows(builder)
            builder.rebalance(seed=self.seed)
            return moved(before, builder._replica2part2dev)
        return 0


class OurSide:
    """The program itself, one run a step; steps between rebalances are gathered into few runs."""

    def __init__(self, part_power, replicas, seed, folder):
        self.path = os.path.join(folder, 'x.builder')
        self.seed = seed
        self.adds = []
        self.run('create', part_power, replicas, MIN_PART_HOURS)

    def run(self, *words, expect=(0,)):
        done = subprocess.run([swift_env.program('ring-builder'), self.path, *map(str, words)],
                              capture_output=True, text=True, check=False)
        if done.returncode not in expect:
            raise AssertionError(f'{words}: exit code {done.returncode}: {done.stdout}{done.stderr}')
        return done.stdout

    def builder(self):
        return swift_builder_from_json(self.path)

    def step(self, name, *values):
        if name == 'add':
            region, zone, ip, device, weight = values
            self.adds += [f'r{region}z{zone}-{ip}:6202/{device}', weight]
            return 0
        if self.adds:
            self.run('add', *self.adds)
            self.adds = []
        if name == 'rebalance':
            answer = json.loads(self.run('rebalance', '--force', '--json', '--seed', self.seed))
            return answer['reassigned']
        if name == 'hours':
            self.run('pretend_min_part_hours_passed')
        elif name in ('weight', 'zone'):
            self.run('set_' + name, f'd{values[0]}', values[1])
        elif name == 'remove':
            self.run('remove', f'd{values[0]}')
        else:
            self.run('set_' + name, values[0])
        return 0


def temporary_folder():
    return tempfile.TemporaryDirectory(prefix='dbrepl-ring-builder-')
