// Records, in the pod's folder, which containers have started and are ready. A kubelet that restarts reads it, so that
// no container becomes unready or goes through its startup probe again because of that.
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import { replaceFileSync } from '@berth/common/files/replace-file.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { podDir } from '../paths/pod-paths.ts';
import type { ProbeResult } from './results.ts';

/** The kinds of results that are recorded. A liveness probe starts over: a container that lives passes it again. */
export type RecordedKind = 'startup' | 'readiness';

/** Results by container id and kind. */
export type ProbeRecord = ReadonlyMap<string, Readonly<Partial<Record<RecordedKind, ProbeResult>>>>;

type Root = Parameters<typeof podDir>[0];

/** At 250 containers of a pod, 130 bytes each. */
const maxBytes = 256 * 1024;
const results: readonly unknown[] = ['success', 'failure'] satisfies ProbeResult[];

/** The results that an earlier kubelet recorded; none when it recorded none. */
export function readProbeRecord(root: Root, uid: string): ProbeRecord {
  const record = new Map<string, Partial<Record<RecordedKind, ProbeResult>>>();
  let parsed: unknown;
  try {
    parsed = JSON.parse(readRegularFileSync(recordPath(root, uid), { maxBytes }).toString());
  } catch {
    // Without a record, or with a torn one after a power failure, the probes decide anew.
    return record;
  }
  if (!isObject(parsed)) return record;
  for (const [id, entry] of Object.entries(parsed)) {
    if (isObject(entry)) record.set(id, { ...known(entry, 'startup'), ...known(entry, 'readiness') });
  }
  return record;
}

/** Writes the record. Does nothing once the pod's folder is gone. */
export function writeProbeRecord(root: Root, uid: string, record: ProbeRecord): void {
  try {
    replaceFileSync(recordPath(root, uid), JSON.stringify(Object.fromEntries(record)), { mode: 0o600 });
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

function recordPath(root: Root, uid: string): string {
  return join(podDir(root, uid), 'probe-results.json');
}

function known(
  entry: Readonly<Record<string, unknown>>,
  kind: RecordedKind,
): Partial<Record<RecordedKind, ProbeResult>> {
  const value = entry[kind];
  return isResult(value) ? { [kind]: value } : {};
}

function isResult(value: unknown): value is ProbeResult {
  return results.includes(value);
}
