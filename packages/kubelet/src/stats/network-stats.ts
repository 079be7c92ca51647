// Network interfaces as statistics. Pure.
import type { InterfaceCounters } from '@berth/linux/netlink/net-dev.ts';
import type { Instant } from './instant.ts';
import type { InterfaceStats, NetworkStats } from './stats-api.ts';

/** Interfaces whose names begin so are not shown, as in cAdvisor. */
const hiddenPrefixes = ['lo', 'veth', 'docker', 'nerdctl'];

const defaultInterface = 'eth0';

/** The interfaces that statistics and metrics show. */
export function shownInterfaces(interfaces: readonly InterfaceCounters[]): InterfaceCounters[] {
  return interfaces.filter(
    ({ name }) => !hiddenPrefixes.some((prefix) => name.toLowerCase().startsWith(prefix)),
  );
}

/** Every shown interface; one called eth0 is the default one. */
export function networkStats(time: Instant, interfaces: readonly InterfaceCounters[]): NetworkStats {
  const shown = shownInterfaces(interfaces).map(interfaceStats);
  const main = shown.find(({ name }) => name === defaultInterface) ?? { name: '' };
  return { time, ...main, interfaces: shown };
}

function interfaceStats({ name, rxBytes, rxErrors, txBytes, txErrors }: InterfaceCounters): InterfaceStats {
  return { name, rxBytes, rxErrors, txBytes, txErrors };
}
