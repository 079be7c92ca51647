// That a pod is to be ended and started again, in a file of the pod's folder, which goes with the pod's last remains: a
// kubelet that is killed meanwhile leaves the rest to the next one.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFileSync } from '@berth/common/files/replace-file.ts';
import { podDir } from '../paths/pod-paths.ts';
import { recordPath } from './pod-record.ts';

type Roots = Parameters<typeof podDir>[0];

/**
 * Records that the pod is to be ended and started again. Then removes the record of its status: nothing that an
 * interrupted removal leaves may say that the pod has finished.
 */
export function recordRestart(roots: Roots, uid: string): void {
  mkdirSync(podDir(roots, uid), { recursive: true, mode: 0o700 });
  replaceFileSync(intentPath(roots, uid), '', { mode: 0o600 });
  rmSync(recordPath(roots, uid), { force: true });
}

/** Whether a restart of the pod has begun, and the pod's remains are not yet removed. */
export function isRestarting(roots: Roots, uid: string): boolean {
  return existsSync(intentPath(roots, uid));
}

function intentPath(roots: Roots, uid: string): string {
  return join(podDir(roots, uid), 'restart');
}
