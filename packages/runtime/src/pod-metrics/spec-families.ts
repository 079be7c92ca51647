import type { LinuxContainerResources } from '@berth/cri/generated/api.ts';
import type { Container } from '../state/container.ts';
import { type ContainerReadings, gauge, seconds } from './family.ts';

/** The group `spec`: metrics of a container's requested resources. */
export const specFamilies = [
  limit('cpu_period', 'Period of the CPU quota, in microseconds.', ({ cpuPeriod }) => cpuPeriod),
  limit('cpu_shares', 'CPU shares.', ({ cpuShares }) => cpuShares),
  limit('cpu_quota', 'CPU time in each period, in microseconds.', ({ cpuQuota }) =>
    cpuQuota > 0n ? cpuQuota : undefined,
  ),
  limit('memory_limit_bytes', 'Memory limit, in bytes; 0 for none.', ({ memoryLimitInBytes }) =>
    bytes(memoryLimitInBytes),
  ),
  limit(
    'memory_reservation_limit_bytes',
    'Memory that is kept for the container, in bytes.',
    ({ unified }) => {
      const reserved = unified['memory.min'] ?? '0';
      return /^\d+$/.test(reserved) ? bytes(BigInt(reserved)) : undefined;
    },
  ),
  limit('memory_swap_limit_bytes', 'Limit of memory and swap, in bytes; 0 for none.', (resources) =>
    bytes(resources.memorySwapLimitInBytes),
  ),
  gauge('container_start_time_seconds', 'Unix time at which the container was started.', ({ container }) =>
    seconds(startedAt(container)),
  ),
];

function limit(
  name: string,
  help: string,
  value: (resources: LinuxContainerResources) => bigint | undefined,
) {
  const limitOf = ({ container }: ContainerReadings): bigint | undefined => {
    const resources = container.config.linux?.resources;
    return resources && value(resources);
  };
  return gauge(`container_spec_${name}`, help, limitOf);
}

/** Limits from this value up mean unlimited, as in cAdvisor; so does -1. */
const unlimited = 1n << 62n;

function bytes(limit: bigint): bigint {
  return limit < 0n || limit > unlimited ? 0n : limit;
}

function startedAt({ state, createdAt }: Container): bigint {
  return state.phase === 'running' ? state.startedAt : createdAt;
}
