// The fields of KubeletConfiguration that tune the kubelet's process and its node, and those that do so only in the real
// kubelet: they are accepted, and the log says that they have no effect.
import { bool, choice, duration, type Field, integer } from './field-kinds.ts';

/** Values of these fields; durations in milliseconds. */
export interface TuningSettings {
  enableContentionProfiling: boolean;
  hairpinMode: 'promiscuous-bridge' | 'hairpin-veth' | 'none';
  iptablesDropBit: number;
  iptablesMasqueradeBit: number;
  makeIPTablesUtilChains: boolean;
  maxOpenFiles: number;
  oomScoreAdj: number;
  podsPerCore: number;
  protectKernelDefaults: boolean;
  registryBurst: number;
  registryPullQPS: number;
  volumeStatsAggPeriod: number;
}

const int32 = 2 ** 31 - 1;

/** The parsers of each field. */
export const tuningFields: { readonly [K in keyof TuningSettings]: Field<TuningSettings[K]> } = {
  enableContentionProfiling: bool(),
  hairpinMode: choice('promiscuous-bridge', 'hairpin-veth', 'none'),
  iptablesDropBit: integer(0, 31),
  iptablesMasqueradeBit: integer(0, 31),
  makeIPTablesUtilChains: bool(),
  maxOpenFiles: integer(0, Number.MAX_SAFE_INTEGER),
  oomScoreAdj: integer(-1000, 1000),
  podsPerCore: integer(0, int32),
  protectKernelDefaults: bool(),
  registryBurst: integer(0, int32),
  registryPullQPS: integer(0, int32),
  volumeStatsAggPeriod: duration(Number.MIN_SAFE_INTEGER),
};

/** The real kubelet's defaults. */
export const defaultTuningSettings: TuningSettings = {
  enableContentionProfiling: false,
  hairpinMode: 'promiscuous-bridge',
  iptablesDropBit: 15,
  iptablesMasqueradeBit: 14,
  makeIPTablesUtilChains: true,
  maxOpenFiles: 1_000_000,
  oomScoreAdj: -999,
  podsPerCore: 0,
  protectKernelDefaults: false,
  registryBurst: 10,
  registryPullQPS: 5,
  volumeStatsAggPeriod: 60_000,
};

/** Why a field has no effect here. */
const withoutEffect: Partial<Readonly<Record<keyof TuningSettings, string>>> = {
  enableContentionProfiling: 'Go alone has locks to profile',
  hairpinMode: 'the CNI plugin decides it',
  iptablesDropBit: 'this kubelet makes no rules of iptables',
  iptablesMasqueradeBit: 'this kubelet makes no rules of iptables',
  makeIPTablesUtilChains: 'this kubelet makes no chains of iptables',
  maxOpenFiles: 'Node.js raises the limit to what the service manager allows',
  volumeStatsAggPeriod: 'volumes are measured when somebody asks for their size',
};

/** What to log of given fields that have no effect, unless they have their default. */
export function tuningNotices(given: Partial<TuningSettings>): string[] {
  return (Object.keys(withoutEffect) as (keyof TuningSettings)[])
    .filter((name) => given[name] !== undefined && given[name] !== defaultTuningSettings[name])
    .map((name) => `${name} has no effect: ${withoutEffect[name]}`);
}
