import type { InterfaceCounters } from '@berth/linux/netlink/net-dev.ts';
import { interfaceCounter, type MetricFamily } from './family.ts';

/** The group `network`: metrics of the interfaces of pods. */
export const networkFamilies: readonly MetricFamily<InterfaceCounters>[] = [
  ['receive', 'received', 'rx'] as const,
  ['transmit', 'sent', 'tx'] as const,
].flatMap(([direction, done, side]) => {
  const define = (what: string, help: string, value: (counters: InterfaceCounters) => bigint) =>
    interfaceCounter(
      `container_network_${direction}_${what}_total`,
      help,
      (counters) => [{ value: value(counters), labels: [counters.name] }],
      ['interface'],
    );
  return [
    define('bytes', `Bytes ${done}.`, (counters) => counters[`${side}Bytes`]),
    define('packets', `Packets ${done}.`, (counters) => counters[`${side}Packets`]),
    define(
      'packets_dropped',
      `Packets dropped that were to be ${done}.`,
      (counters) => counters[`${side}Dropped`],
    ),
    define('errors', `Errors of packets that were to be ${done}.`, (counters) => counters[`${side}Errors`]),
  ];
});
