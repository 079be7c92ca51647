// Types of metrics and readings, and the functions that define a metric. families.ts and others use them.

import { type MetricDescriptor, MetricType } from '@berth/cri/generated/api.ts';
import type { CgroupDetails, DeviceIo } from '@berth/linux/cgroups/details.ts';
import type { CgroupUsage } from '@berth/linux/cgroups/usage.ts';
import type { InterfaceCounters } from '@berth/linux/netlink/net-dev.ts';
import type { Container } from '../state/container.ts';

/** The readings of one container; members that no selected metric needs are undefined. */
export interface ContainerReadings {
  readonly container: Container;
  /** Nanoseconds since 1970. */
  readonly at: bigint;
  readonly usage: CgroupUsage;
  readonly details?: CgroupDetails | undefined;
  /** Number of processes that the OOM killer ended. */
  readonly oomKills?: number | undefined;
  readonly processes?: ProcessReadings | undefined;
  readonly filesystem?: FilesystemReadings | undefined;
  /** Path of a block device. */
  readonly devicePath: (io: DeviceIo) => string;
}

export interface ProcessReadings {
  readonly processes: number;
  readonly files: number;
  readonly sockets: number;
  /** Soft limit of open files of the first process. */
  readonly filesLimit: bigint | undefined;
}

export interface FilesystemReadings {
  /** Size of the writable layer; undefined before it has been measured. */
  readonly usedBytes: bigint | undefined;
  readonly limitBytes: bigint;
  readonly inodesTotal: bigint;
  readonly inodesFree: bigint;
}

/** One value of a metric, with the values of its labels other than the base labels. */
export interface Sample {
  readonly value: bigint | number;
  readonly labels?: readonly string[];
}

/**
 * A metric: its descriptor, and the function that computes its values from readings of a container or an interface.
 */
export interface MetricFamily<Readings> {
  readonly descriptor: MetricDescriptor;
  readonly type: MetricType;
  readonly samples: (readings: Readings) => readonly Sample[];
}

/** The first labels of every metric, in CRI-O's order. */
export const baseLabelKeys = ['id', 'image', 'namespace', 'pod', 'container'] as const;

/** One value, several values, or undefined when it is unknown. */
type Value = bigint | number | undefined | readonly Sample[];

type Define<Readings> = (
  name: string,
  help: string,
  value: (readings: Readings) => Value,
  labels?: readonly string[],
) => MetricFamily<Readings>;

function define<Readings>(type: MetricType): Define<Readings> {
  return (name, help, value, labels = []) => ({
    descriptor: { name, help, labelKeys: [...baseLabelKeys, ...labels] },
    type,
    samples: (readings) => {
      const result = value(readings);
      if (result === undefined) return [];
      return typeof result === 'bigint' || typeof result === 'number' ? [{ value: result }] : result;
    },
  });
}

/** Metrics of containers: counters and gauges. */
export const counter = define<ContainerReadings>(MetricType.COUNTER);
export const gauge = define<ContainerReadings>(MetricType.GAUGE);

/** Metrics of pods' interfaces. */
export const interfaceCounter = define<InterfaceCounters>(MetricType.COUNTER);

/** Whole seconds: the CRI's values are integers. */
export function seconds(nanoseconds: bigint): bigint {
  return nanoseconds / 1_000_000_000n;
}
