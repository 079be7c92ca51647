// Pull and unpack of a large image from a registry on this machine, on several runtimes that take turns.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRegistry } from '@berth/test-support/image-registry.ts';
import { writeLargeImage } from '@berth/test-support/large-image.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { median, residentMiB, timed } from './measure.ts';
import type { Peer } from './peers.ts';

const repository = 'bench/large';

/**
 * Pulls an image of 490 MiB in 20,000 files `repetitions` times with each peer; in between it is removed. Gives
 * the medians in milliseconds, and the daemon's memory in MiB after the last pull.
 */
export async function benchPull(
  peers: readonly Peer[],
  { repetitions }: { repetitions: number },
): Promise<Map<string, number>[]> {
  using scratch = scratchDir('bench-image');
  const layout = join(scratch.path, 'layout');
  mkdirSync(layout);
  await writeLargeImage({ dir: layout, name: repository });
  const registry = await startRegistry();
  try {
    await registry.push(layout, repository, repository, '1');
    const image = { image: `${registry.address}/${repository}:1` };
    const all = peers.map((peer) => ({ peer, times: [] as number[], memory: 0 }));
    for (let round = -1; round < repetitions; round++) {
      for (const each of all) {
        const { client, pid } = each.peer;
        const ms = await timed(() => client.image.pullImage({ image }, { timeoutMs: 300_000 }));
        each.memory = residentMiB(pid);
        await client.image.removeImage({ image });
        // The first round warms the page cache of the registry's files.
        if (round >= 0) each.times.push(ms);
      }
    }
    return all.map(
      ({ times, memory }) =>
        new Map([
          ['pull + unpack, 490 MiB', median(times)],
          ['daemon after pulls', memory],
        ]),
    );
  } finally {
    await registry.stop();
  }
}

/**
 * A new ext4 file system of its own, with a journal as users have it, mounted at `target` until the result is disposed
 * of: on one that has seen many deletions, making files can take many times as long.
 */
export function freshFileSystem(image: string, target: string): Disposable {
  writeFileSync(image, '');
  truncateSync(image, 12 * 1024 ** 3);
  execFileSync('mkfs.ext4', ['-q', '-F', image]);
  mkdirSync(target, { recursive: true });
  execFileSync('mount', ['-o', 'loop', image, target]);
  return {
    [Symbol.dispose]: () => {
      execFileSync('umount', ['-l', target]);
      rmSync(image);
    },
  };
}
