// --profile-cpu and --profile-mem: writes V8's profiles of a command in pprof's format.
import { writeFileSync } from 'node:fs';
import { type HeapProfiler, type Profiler, Session } from 'node:inspector/promises';
import { resolve } from 'node:path';
import type { Logger } from '../cli/logger.ts';
import { describeError } from '../errors/describe.ts';
import { ExitError } from '../errors/exit-error.ts';
import { encodePprof, type Frame, type Sample } from './pprof.ts';

const cpuIntervalMicroseconds = 100;
const heapIntervalBytes = 4096;

/** Runs `body` and writes the profiles whose path is not empty. Fails before `body` when one cannot be written. */
export async function profiled(
  paths: { cpuPath: string; memoryPath: string },
  logger: Logger,
  body: () => Promise<void>,
): Promise<void> {
  const cpuPath = paths.cpuPath && resolve(paths.cpuPath);
  const memoryPath = paths.memoryPath && resolve(paths.memoryPath);
  if (cpuPath !== '') {
    logger.info(`Creating CPU profile in: ${cpuPath}`);
    write(cpuPath, Buffer.alloc(0), `could not create CPU profile "${cpuPath}"`);
  }
  const session = new Session();
  session.connect();
  const timeMs = Date.now();
  const started = performance.now();
  if (cpuPath !== '') {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: cpuIntervalMicroseconds });
    await session.post('Profiler.start');
  }
  if (memoryPath !== '') {
    await session.post('HeapProfiler.startSampling', { samplingInterval: heapIntervalBytes });
  }
  let endsAtOnce = false;
  try {
    await body();
  } catch (error) {
    endsAtOnce = error instanceof ExitError;
    throw error;
  } finally {
    const times = { timeMs, durationMs: performance.now() - started };
    if (cpuPath !== '') {
      const { profile } = await session.post('Profiler.stop');
      write(cpuPath, cpuPprof(profile, times), `could not write CPU profile in "${cpuPath}"`);
    }
    if (memoryPath !== '' && !endsAtOnce) {
      logger.info(`Creating memory profile in: ${memoryPath}`);
      const { profile } = await session.post('HeapProfiler.stopSampling');
      write(memoryPath, heapPprof(profile, times), `could not create memory profile "${memoryPath}"`);
    }
    session.disconnect();
  }
}

function write(path: string, bytes: Buffer, failure: string): void {
  try {
    writeFileSync(path, bytes);
  } catch (error) {
    throw new Error(`${failure}: ${describeError(error)}`, { cause: error });
  }
}

interface Times {
  timeMs: number;
  durationMs: number;
}

/** Pure: the samples and the CPU time of each stack. */
export function cpuPprof({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, times: Times): Buffer {
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const spent = new Map<number, { count: number; microseconds: number }>();
  for (const [index, id] of samples.entries()) {
    const { count, microseconds } = spent.get(id) ?? { count: 0, microseconds: 0 };
    spent.set(id, { count: count + 1, microseconds: microseconds + Math.max(0, timeDeltas[index] ?? 0) });
  }
  const stack = (id: number): Frame[] => {
    const frames: Frame[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const frame = byId.get(at)?.callFrame;
      if (frame !== undefined && frame.functionName !== '(root)') frames.push(frame);
    }
    return frames;
  };
  const periodType = { type: 'cpu', unit: 'nanoseconds' };
  return encodePprof({
    types: [{ type: 'samples', unit: 'count' }, periodType],
    samples: [...spent].map(([id, { count, microseconds }]) => ({
      frames: stack(id),
      values: [count, microseconds * 1000],
    })),
    period: cpuIntervalMicroseconds * 1000,
    periodType,
    ...times,
  });
}

/** Pure: the live bytes that each stack has allocated. */
export function heapPprof({ head }: HeapProfiler.SamplingHeapProfile, times: Times): Buffer {
  const samples: Sample[] = [];
  const walk = (node: HeapProfiler.SamplingHeapProfileNode, outer: readonly Frame[]) => {
    const frames = node.callFrame.functionName === '(root)' ? outer : [node.callFrame, ...outer];
    if (node.selfSize > 0) samples.push({ frames, values: [node.selfSize] });
    for (const child of node.children) walk(child, frames);
  };
  walk(head, []);
  const type = { type: 'inuse_space', unit: 'bytes' };
  return encodePprof({ types: [type], samples, period: heapIntervalBytes, periodType: type, ...times });
}
