// Takes profiles of this process by V8's inspector.
import type { Profiler, Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuPprof, heapPprof } from './v8-profiles.ts';

/** Distance of two samples. */
const cpuIntervalMicroseconds = 1000;
const heapIntervalBytes = 32 * 1024;

/** Profiles the processor for `seconds`, or until the signal is aborted; V8's own form, as .cpuprofile files have it. */
export function recordCpu(seconds: number, signal: AbortSignal): Promise<Profiler.Profile> {
  return inSession(async (session) => {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: cpuIntervalMicroseconds });
    await session.post('Profiler.start');
    await wait(seconds, signal);
    return (await session.post('Profiler.stop')).profile;
  });
}

/** `recordCpu` in pprof's format. */
export async function recordCpuPprof(seconds: number, signal: AbortSignal): Promise<Buffer> {
  const begun = begin();
  const profile = await recordCpu(seconds, signal);
  return cpuPprof(profile, cpuIntervalMicroseconds, begun());
}

/**
 * What is allocated within `seconds` and still in use after that, in pprof's format. V8 does not know who allocated
 * what was in use before.
 */
export function recordHeapPprof(seconds: number, signal: AbortSignal): Promise<Buffer> {
  return inSession(async (session) => {
    const begun = begin();
    await session.post('HeapProfiler.startSampling', { samplingInterval: heapIntervalBytes });
    await wait(seconds, signal);
    const { profile } = await session.post('HeapProfiler.stopSampling');
    return heapPprof(profile, heapIntervalBytes, begun());
  });
}

function begin(): () => { timeMs: number; durationMs: number } {
  const [timeMs, started] = [Date.now(), performance.now()];
  return () => ({ timeMs, durationMs: performance.now() - started });
}

async function wait(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => {});
}

async function inSession<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
  // Imported on use: profiles are rare.
  const inspector = await import('node:inspector/promises');
  const session = new inspector.Session();
  session.connect();
  try {
    return await work(session);
  } finally {
    session.disconnect();
  }
}
