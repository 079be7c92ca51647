// npm run soak -- [--minutes N] [--seed N]: pods come and go, commands run, streams open, images are pulled and
// everything is asked for, for N minutes (30); berthd's memory, descriptors, threads and database must stay level.
// Prints the slope of each after a warm-up of a fifth of the time (at most 3 minutes), and PASS or FAIL.
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { mountsBelow } from '@berth/linux/mounts/mount.ts';
import { type BerthdNode, startBerthdNode } from '@berth/test-support/berthd-node.ts';
import { startRegistry } from '@berth/test-support/image-registry.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { isOfNode } from '@berth/test-support/node-traces.ts';
import { podUp } from '@berth/test-support/pods.ts';
import { Flights } from '../system/kill/flights.ts';
import { pushImages } from '../system/kill/images.ts';
import { imageLife, type Life, lookLife, podLife, volumeLife } from '../system/kill/lives.ts';
import { commandLife, streamLife } from '../system/kill/streams.ts';
import { judge, report, type Sample } from './figures.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  console.error('npm run soak -- [--minutes N]');
  process.exit(2);
}
const durationMs = minutes * 60_000;
const warmUpMs = Math.min(durationMs / 5, 180_000);
const everyMs = Math.max(1000, Math.min(5000, durationMs / 60));

const lives: Readonly<Record<string, Life>> = {
  pods: podLife,
  volumes: volumeLife,
  images: imageLife,
  commands: commandLife,
  streams: streamLife,
  looks: lookLife,
};

const registry = await startRegistry();
try {
  await using node = await startBerthdNode({ name: 'soak' });
  process.exitCode = (await soak(node)) ? 0 : 1;
} finally {
  await registry.stop();
}

async function soak(node: BerthdNode): Promise<boolean> {
  const { client, dir, paths } = node;
  const images = await pushImages(dir, registry);
  await loadTestImage(node.socket);
  const fixture = { client, name: 'steady', logDir: join(dir, 'logs'), cgroupParent: paths.cgroupParent };
  const ticking = 'httpd -p 127.0.0.1:80 -h /; while true; do echo tick; sleep 1; done';
  const steady = await podUp(fixture, ['/bin/sh', '-c', ticking]);
  const flights = new Flights();
  const ended = new AbortController();
  const whole = new Map(Object.keys(lives).map((name) => [name, 0]));
  const started = performance.now();
  const loops = Object.entries(lives).map(async ([name, life]) => {
    while (!ended.signal.aborted) {
      await life({ client, flights, dir, name, cgroupParent: paths.cgroupParent, steady, images });
      whole.set(name, (whole.get(name) ?? 0) + 1);
    }
  });
  const failed = Promise.all(loops).then(() => {});
  failed.catch(() => {});
  const samples: Sample[] = [];
  while (performance.now() - started < durationMs) {
    await Promise.race([delay(everyMs), failed]);
    samples.push(takeSample(node, performance.now() - started));
    if (samples.length % 12 === 0) progress(samples.at(-1));
  }
  ended.abort();
  await failed;
  const settled = samples.filter(({ at }) => at >= warmUpMs);
  const counts = [...whole].map(([name, count]) => `${name} ${count}`).join(', ');
  console.log(`\n${minutes} minutes, ${settled.length} samples after the warm-up; lives: ${counts}`);
  const verdicts = judge(settled);
  console.log(report(verdicts));
  return verdicts.every(({ passed }) => passed);
}

function takeSample({ berthd: { pid }, dir, paths }: BerthdNode, at: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const others = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isOfNode(name, basename(dir)));
  return {
    at,
    residentMiB: field('VmRSS') / 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: field('Threads'),
    databaseKiB: databaseBytes(paths.root) / 1024,
    processes: others.length,
    mounts: mountsBelow(dir).length,
  };
}

/** SQLite's log grows to 4 MiB before it is written back, and keeps that size: only what is beyond counts. */
function databaseBytes(root: string): number {
  const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const [database = ''] = globSync(join(root, '**/*.db'));
  return size(database) + Math.max(0, size(`${database}-wal`) - 4.5 * 1024 ** 2);
}

function progress(sample: Sample | undefined): void {
  if (sample === undefined) return;
  const { at, ...figures } = sample;
  const told = Object.entries(figures).map(([name, value]) => `${name} ${Math.round(value * 10) / 10}`);
  console.log(`${Math.round(at / 1000)} s: ${told.join(', ')}`);
}
