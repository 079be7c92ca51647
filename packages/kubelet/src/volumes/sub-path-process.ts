// subPath of a volume that a file server may have. A system call waits for a dead server without end, so a process of
// its own makes it, and the kubelet does not wait.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { workerUrl } from '@berth/common/worker-url.ts';
import type { MountInfo } from '@berth/linux/mounts/mountinfo.ts';

/** A server that takes longer counts as dead; the next attempt to start the container asks it again. */
const timeoutMs = 30_000;

/** Enough for a message with two paths. */
const maxOutputLength = 16 * 1024;

/**
 * Targets whose process has not ended. One that waits for the lookup of another process is not even ended by SIGKILL
 * before the server is back, so no attempt starts a second one.
 */
const waiting = new Set<string>();

/** bindSubPath in a process of its own, for which nobody waits any longer when the server does not answer. */
export async function bindSubPathApart(volume: string, subPath: string, target: string): Promise<string> {
  const dead = `${volume} does not answer within ${timeoutMs / 1000} s: is its file server down?`;
  if (waiting.has(target)) throw new Error(`unable to provision SubPath \`${subPath}\`: ${dead}`);
  const worker = fileURLToPath(workerUrl('sub-path-worker', import.meta.url));
  const child = spawn(process.execPath, [worker, String(process.pid), volume, subPath, target], {
    env: {},
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let problem = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    problem = (problem + chunk).slice(0, maxOutputLength);
  });
  waiting.add(target);
  const timeout = Promise.withResolvers<'timeout'>();
  const timer = setTimeout(() => timeout.resolve('timeout'), timeoutMs);
  const ended = once(child, 'close').finally(() => waiting.delete(target));
  try {
    const end = await Promise.race([ended, timeout.promise]);
    if (end === 'timeout') throw new Error(`unable to provision SubPath \`${subPath}\`: ${dead}`);
    const [code] = end;
    if (code !== 0) throw new Error(problem || `the process that makes subPaths ended with ${code}`);
    return target;
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
    ended.catch(() => {});
  }
}

const remote = /^(nfs4?|cifs|smb3|ceph|9p|afs|lustre|fuse(\..*)?)$/;

/** Whether a file system is mounted on this node that may wait for another machine or another process. Pure. */
export function hasRemoteFileSystems(mounts: readonly MountInfo[]): boolean {
  return mounts.some(({ fstype }) => remote.test(fstype));
}
