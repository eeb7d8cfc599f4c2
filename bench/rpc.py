#!/usr/bin/env python3
"""rpc: what HTTP itself costs"""
import json
import subprocess

import measure


def main():
    out = subprocess.run([measure.program('rpc_bench')], stdout=subprocess.PIPE, text=True, check=True).stdout
    print('A REPLICATE request of 262 bytes and an answer of 770 over kept-alive loopback connections, with a handler that does\n'
          'nothing; CPU and memory are those of the serving process.\n')
    print('| connections | handler runs on | requests/s | CPU µs a request | memory before, with them (MB) |')
    print('|---|---|---|---|---|')
    for line in out.splitlines():
        row = json.loads(line)
        print(f'| {row["connections"]} | {row["handler"]} | {row["requests_per_second"]:,.0f} | {row["cpu_microseconds"]:.1f} '
              f'| {row["idle_mb"]:.1f}, {row["loaded_mb"]:.1f} |')


if __name__ == '__main__':
    main()
