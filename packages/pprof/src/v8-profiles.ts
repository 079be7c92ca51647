// V8's profiles in pprof's format.
import type { HeapProfiler, Profiler } from 'node:inspector/promises';
import { encodePprof, type Frame, type Sample } from './encode.ts';

/** When a profile was taken, and for how long. */
export interface Times {
  timeMs: number;
  durationMs: number;
}

/** The samples and the CPU time of each stack; one sample was taken each `intervalMicroseconds`. */
export function cpuPprof(
  { nodes, samples = [], timeDeltas = [] }: Profiler.Profile,
  intervalMicroseconds: number,
  times: Times,
): Buffer {
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
    period: intervalMicroseconds * 1000,
    periodType,
    ...times,
  });
}

/** The live bytes that each stack has allocated; one sample was taken each `intervalBytes`. */
export function heapPprof(
  { head }: HeapProfiler.SamplingHeapProfile,
  intervalBytes: number,
  times: Times,
): Buffer {
  const samples: Sample[] = [];
  const walk = (node: HeapProfiler.SamplingHeapProfileNode, outer: readonly Frame[]) => {
    const frames = node.callFrame.functionName === '(root)' ? outer : [node.callFrame, ...outer];
    if (node.selfSize > 0) samples.push({ frames, values: [node.selfSize] });
    for (const child of node.children) walk(child, frames);
  };
  walk(head, []);
  const type = { type: 'inuse_space', unit: 'bytes' };
  return encodePprof({ types: [type], samples, period: intervalBytes, periodType: type, ...times });
}
