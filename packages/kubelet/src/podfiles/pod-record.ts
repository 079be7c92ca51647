// What a kubelet remembers of a pod in a file of the pod's folder: its last status, and how often its containers were
// started. The next kubelet goes on from there where the runtime has lost them.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import { replaceFileSync } from '@berth/common/files/replace-file.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { parseQuantity } from '@berth/common/quantity.ts';
import type { AllocatedResources } from '../api/allocated-resources.ts';
import type { PodStatus, ResourceRequirements } from '../api/pod.ts';
import { isPodStatus } from '../api/pod-status-shape.ts';
import type { ActuatedSizes, Sizes } from '../cgroups/sizes.ts';
import { createLogger } from '../klog/klog.ts';
import { podDir } from '../paths/pod-paths.ts';

const log = createLogger('pod-record.ts');

type Roots = Parameters<typeof podDir>[0];

/** Maximum size of a record: statuses of some thousand containers. */
const maxBytes = 16 * 1024 * 1024;

/** What is remembered of a pod. */
export interface PodRecord {
  status: PodStatus;
  /** By name of a container, the highest restart count of one that was started. */
  restartCounts: ReadonlyMap<string, number>;
  /** The resources that the pod was granted. */
  allocated?: AllocatedResources;
  /** The sizes that its cgroups were given. */
  actuated?: ActuatedSizes;
}

/** The record of a pod; undefined when there is none, or none that can be read. */
export function loadPodRecord(roots: Roots, uid: string): PodRecord | undefined {
  const path = recordPath(roots, uid);
  try {
    return parseRecord(readRegularFileSync(path, { maxBytes, followLink: false }).toString());
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) log.error('Ignoring the record of a pod', { err: error, path });
    return undefined;
  }
}

/** Replaces the record of a pod. A failure is logged: the pod runs without a record. */
export function savePodRecord(roots: Roots, uid: string, record: PodRecord): void {
  const path = recordPath(roots, uid);
  try {
    mkdirSync(podDir(roots, uid), { recursive: true, mode: 0o700 });
    replaceFileSync(path, recordText(record), { mode: 0o600 });
  } catch (error) {
    log.error('Failed to write the record of a pod', { err: error, path });
  }
}

/** Pure: a record from its text. Throws when it is none: a power failure may leave an empty file. */
export function parseRecord(text: string): PodRecord {
  const value: unknown = JSON.parse(text);
  if (!isObject(value) || !isPodStatus(value.status) || !isObject(value.restartCounts)) {
    throw new Error('the file is not a record of a pod');
  }
  const counts = Object.entries(value.restartCounts).filter(
    (entry): entry is [string, number] => Number.isSafeInteger(entry[1]) && Number(entry[1]) >= 0,
  );
  const allocated = parseAllocated(value.allocated);
  const actuated = parseActuated(value.actuated);
  return {
    status: value.status,
    restartCounts: new Map(counts),
    ...(allocated && { allocated }),
    ...(actuated && { actuated }),
  };
}

function recordText({ status, restartCounts, allocated, actuated }: PodRecord): string {
  const sizes = actuated && { pod: actuated.pod, containers: Object.fromEntries(actuated.containers) };
  const counts = Object.fromEntries(restartCounts);
  return JSON.stringify({ status, restartCounts: counts, allocated, actuated: sizes });
}

/** Undefined for what is not the resources of a pod: the pod then has those of its manifest. */
function parseAllocated(value: unknown): AllocatedResources | undefined {
  if (!isObject(value) || !isObject(value.containers)) return undefined;
  const containers = Object.entries(value.containers);
  if (!containers.every((entry): entry is [string, ResourceRequirements] => isRequirements(entry[1]))) {
    return undefined;
  }
  const { pod } = value;
  if (pod === undefined) return { containers: Object.fromEntries(containers) };
  return isRequirements(pod) ? { pod, containers: Object.fromEntries(containers) } : undefined;
}

function isRequirements(value: unknown): value is ResourceRequirements {
  const isList = (list: unknown): boolean =>
    list === undefined || (isObject(list) && Object.values(list).every(isQuantity));
  return isObject(value) && isList(value.requests) && isList(value.limits);
}

function isQuantity(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    parseQuantity(value);
    return true;
  } catch {
    return false;
  }
}

function parseActuated(value: unknown): ActuatedSizes | undefined {
  if (!isObject(value) || !isSizes(value.pod) || !isObject(value.containers)) return undefined;
  const containers = Object.entries(value.containers).filter((entry): entry is [string, Sizes] =>
    isSizes(entry[1]),
  );
  return { pod: value.pod, containers: new Map(containers) };
}

function isSizes(value: unknown): value is Sizes {
  return (
    isObject(value) &&
    [value.cpuRequest, value.cpuLimit, value.memoryRequest, value.memoryLimit].every(Number.isSafeInteger)
  );
}

/** The path of a pod's record. */
export function recordPath(roots: Roots, uid: string): string {
  return join(podDir(roots, uid), 'status.json');
}
