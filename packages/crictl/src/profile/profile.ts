// --profile-cpu and --profile-mem: writes V8's profiles of a command in pprof's format.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { resolve } from 'node:path';
import { cpuPprof, heapPprof } from '@berth/pprof/v8-profiles.ts';
import type { Logger } from '../cli/logger.ts';
import { describeError } from '../errors/describe.ts';
import { ExitError } from '../errors/exit-error.ts';

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
      write(
        cpuPath,
        cpuPprof(profile, cpuIntervalMicroseconds, times),
        `could not write CPU profile in "${cpuPath}"`,
      );
    }
    if (memoryPath !== '' && !endsAtOnce) {
      logger.info(`Creating memory profile in: ${memoryPath}`);
      const { profile } = await session.post('HeapProfiler.stopSampling');
      write(
        memoryPath,
        heapPprof(profile, heapIntervalBytes, times),
        `could not create memory profile "${memoryPath}"`,
      );
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
