// What the node keeps from pods: for the system, for the kubelet and the runtime, and below the eviction thresholds.
// https://kubernetes.io/docs/tasks/administer-cluster/reserve-compute-resources/
import { parseQuantity } from '@berth/common/quantity.ts';
import type { ReservationSettings } from '../options/reservation-settings.ts';

/** Amounts by resource, in billionths of a core, byte or piece. */
type Amounts = ReadonlyMap<string, bigint>;

const billion = 1_000_000_000n;
const million = 1_000_000n;

/** The signals of thresholds that reserve something, and of what. */
const reserving: Readonly<Record<string, string>> = {
  'memory.available': 'memory',
  'nodefs.available': 'ephemeral-storage',
};

/** The amounts of `capacity` without what is reserved for the system and the kubelet: the limits of all pods. */
export function enforced(capacity: Amounts, settings: ReservationSettings): Amounts {
  return less(capacity, [amounts(settings.systemReserved), amounts(settings.kubeReserved)]);
}

/** The amounts that pods can request: without huge pages, which are memory that only those have who request them. */
export function allocatable(capacity: Amounts, settings: ReservationSettings): Amounts {
  const { systemReserved, kubeReserved, evictionHard } = settings;
  const free = less(capacity, [
    amounts(systemReserved),
    amounts(kubeReserved),
    evictionReserve(capacity, evictionHard),
  ]);
  const inHugePages = [...capacity]
    .filter(([name]) => name.startsWith('hugepages-'))
    .reduce((sum, [, amount]) => sum + amount, 0n);
  return less(free, [new Map([['memory', inHugePages]])]);
}

/** The first resource of which more is reserved than there is, in the real kubelet's words; undefined: none. */
export function overReserved(capacity: Amounts, settings: ReservationSettings): string | undefined {
  for (const [name, amount] of capacity) {
    const reserved = [
      amounts(settings.systemReserved),
      amounts(settings.kubeReserved),
      evictionReserve(capacity, settings.evictionHard),
    ].reduce((sum, each) => sum + (each.get(name) ?? 0n), 0n);
    if (reserved > amount) {
      const [more, less] = [reserved, amount].map((nanos) => Number(nanos) / 1e9);
      return `Resource "${name}" has a reservation of ${more} but capacity of ${less}. Expected capacity >= reservation.`;
    }
  }
  return undefined;
}

/** What hard eviction keeps free. A threshold of 0% or 100% is none. */
function evictionReserve(capacity: Amounts, thresholds: Readonly<Record<string, string>>): Amounts {
  const reserve = new Map<string, bigint>();
  for (const [signal, threshold] of Object.entries(thresholds)) {
    const resource = reserving[signal];
    if (resource === undefined || threshold === '0%' || threshold === '100%') continue;
    const percent = /^(.*)%$/.exec(threshold)?.[1];
    if (percent === undefined) reserve.set(resource, parseQuantity(threshold).nanos);
    else {
      // Bytes are whole, and rounded down. The share has 32 bits, as that of the real kubelet: 10% is a little more.
      const bytes = Number((capacity.get(resource) ?? 0n) / billion);
      const share = Math.fround(Math.fround(Number(percent)) / 100);
      reserve.set(resource, BigInt(Math.floor(bytes * share)) * billion);
    }
  }
  return reserve;
}

function amounts(list: Readonly<Record<string, string>>): Amounts {
  return new Map(
    Object.entries(list).map(([name, quantity]) => {
      const { nanos } = parseQuantity(quantity);
      // CPU is reserved in thousandths of a core.
      return [name, name === 'cpu' ? ((nanos + million / 2n) / million) * million : nanos];
    }),
  );
}

/** `from` without the others; never less than nothing. */
function less(from: Amounts, others: readonly Amounts[]): Amounts {
  return new Map(
    [...from].map(([name, amount]) => {
      const left = others.reduce((sum, each) => sum - (each.get(name) ?? 0n), amount);
      return [name, left > 0n ? left : 0n];
    }),
  );
}
