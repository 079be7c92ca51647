// Limits of a cgroup as properties of its systemd unit: systemd resets a limit that is not a property when it next
// realizes the unit. https://www.freedesktop.org/software/systemd/man/systemd.resource-control.html

import type { Variant } from '../systemd/dbus-message.ts';
import type { UnitProperties } from '../systemd/systemd.ts';
import { CgroupResourceError, type CgroupResources, type Integer } from './resources.ts';
import { cpuWeight, swapLimit } from './v2-files.ts';

const infinity = (1n << 64n) - 1n;
const microsecondsPerSecond = 1_000_000n;
/** systemd rounds quotas to hundredths of a CPU. */
const quotaStep = 10_000n;

/** Files of cgroup v2 with a property; the others are written as files only. */
const unifiedProperties: Readonly<Record<string, string>> = {
  'memory.min': 'MemoryMin',
  'memory.low': 'MemoryLow',
  'memory.high': 'MemoryHigh',
  'memory.max': 'MemoryMax',
  'memory.swap.max': 'MemorySwapMax',
  'cpu.weight': 'CPUWeight',
  'pids.max': 'TasksMax',
};

/** The properties for limits. Huge pages have none and are written as files only. */
export function unitProperties(resources: CgroupResources): UnitProperties {
  const properties: Record<string, Variant> = {};
  const add = (name: string, value: bigint) => {
    properties[name] = { signature: 't', value };
  };
  const { cpuShares, cpuQuota, cpuPeriod, memoryLimit, pids } = resources;
  if (cpuShares) add('CPUWeight', BigInt(cpuWeight(Number(cpuShares))));
  if (cpuQuota || cpuPeriod) {
    const period = BigInt(cpuPeriod || 100_000);
    add('CPUQuotaPeriodUSec', period);
    add('CPUQuotaPerSecUSec', cpuQuota && cpuQuota > 0 ? quotaPerSecond(BigInt(cpuQuota), period) : infinity);
  }
  if (memoryLimit) add('MemoryMax', limit(memoryLimit));
  const swap = swapLimit(resources);
  if (swap !== undefined) add('MemorySwapMax', limit(swap));
  // systemd refuses 0, and a limit does not end existing tasks anyway.
  if (pids !== undefined) add('TasksMax', pids === 0 || pids === 0n ? 1n : limit(pids));
  if (resources.cpusetCpus) properties['AllowedCPUs'] = bitmask(resources.cpusetCpus, 'cpusetCpus');
  if (resources.cpusetMems) properties['AllowedMemoryNodes'] = bitmask(resources.cpusetMems, 'cpusetMems');
  for (const [file, text] of Object.entries(resources.unified ?? {})) {
    const name = unifiedProperties[file];
    if (name === undefined) continue;
    if (text === 'max') add(name, infinity);
    else if (/^\d+$/.test(text)) add(name, BigInt(text));
  }
  return properties;
}

function limit(value: Integer): bigint {
  return value < 0 ? infinity : BigInt(value);
}

function quotaPerSecond(quota: bigint, period: bigint): bigint {
  const exact = (quota * microsecondsPerSecond) / period;
  return ((exact + quotaStep - 1n) / quotaStep) * quotaStep;
}

/** A list such as `0-2,7` as systemd's bit mask, lowest bit in the first byte. */
function bitmask(list: string, field: string): Variant {
  const bytes: number[] = [];
  for (const part of list.split(',')) {
    const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim()) ?? [];
    if (first === '' || Number(last) < Number(first)) {
      throw new CgroupResourceError(`${field}: ${JSON.stringify(list)} is not a list such as 0-3,7`);
    }
    for (let bit = Number(first); bit <= Number(last); bit++) {
      while (bytes.length <= bit >> 3) bytes.push(0);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
  }
  return { signature: 'ay', value: Uint8Array.from(bytes) };
}
