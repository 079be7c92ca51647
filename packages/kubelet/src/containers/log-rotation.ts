// Keeps container logs from filling the disk: a log that has grown too large is set aside, the runtime begins a
// new one, and older parts are compressed, then deleted. The names are the real kubelet's: 0.log is the present
// log, 0.log.20260102-150405 the part before it, 0.log.20260101-150405.gz one before that.
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { RuntimeClient } from '@berth/cri/client.ts';
import { createLogger } from '../klog.ts';

const log = createLogger('log-rotation.ts');

/** When logs are rotated. */
export interface LogLimits {
  maxBytes: number;
  /** Files of one container, the present log included; at least 2. */
  maxFiles: number;
}

/** Rotates the log at `path` of a running container if it is too large. Throws when it cannot. */
export async function rotateLog(
  container: { id: string; path: string },
  limits: LogLimits,
  runtime: Pick<RuntimeClient, 'reopenContainerLog'>,
): Promise<void> {
  const { id, path } = container;
  if ((await sizeOf(path)) <= limits.maxBytes) return;
  const { remove, compress } = plan(await siblings(path), basename(path), limits.maxFiles);
  for (const name of remove) await rm(join(dirname(path), name), { force: true });
  for (const name of compress) await compressFile(join(dirname(path), name));

  const aside = `${path}.${stamp(new Date())}`;
  await rename(path, aside);
  try {
    await runtime.reopenContainerLog({ containerId: id });
  } catch (error) {
    // The runtime goes on writing into the file that it has open.
    await rename(aside, path);
    throw error;
  }
  log.v(2, 'Rotated container log', { containerID: id, path });
}

/**
 * Pure: which of the files beside a log go before it is set aside, and which are compressed. What is half-made
 * goes; of the finished parts the newest `maxFiles - 2` stay, for two more files are about to be.
 */
export function plan(
  names: readonly string[],
  logName: string,
  maxFiles: number,
): { remove: string[]; compress: string[] } {
  const parts = names.filter((name) => name.startsWith(`${logName}.`)).sort();
  const unfinished = parts.filter((name) => name.endsWith('.tmp'));
  const finished = parts.filter((name) => !name.endsWith('.tmp'));
  // Its compressed twin is complete, or it would still be called .tmp.
  const doubles = finished.filter((name) => finished.includes(`${name}.gz`));
  const single = finished.filter((name) => !doubles.includes(name));
  const excess = single.slice(0, Math.max(0, single.length - Math.max(0, maxFiles - 2)));
  const kept = single.filter((name) => !excess.includes(name));
  return {
    remove: [...unfinished, ...doubles, ...excess],
    compress: kept.filter((name) => !name.endsWith('.gz')),
  };
}

async function compressFile(path: string): Promise<void> {
  const unfinished = `${path}.tmp`;
  await pipeline(createReadStream(path), createGzip(), createWriteStream(unfinished, { mode: 0o640 }));
  await rename(unfinished, `${path}.gz`);
  await rm(path);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    // The runtime has written nothing yet.
    return 0;
  }
}

async function siblings(path: string): Promise<string[]> {
  return readdir(dirname(path));
}

/** A time as `20260102-150405`, so that names sort by age. */
function stamp(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '').replace('T', '-');
}
