import { Worker } from 'node:worker_threads';
import { workerUrl } from '@berth/linux/worker-url.ts';
import type { ExtractedLayer, Extraction } from './extract.ts';
import { LayerError, LayerLimitError } from './layer-error.ts';
import type { WorkerAnswer } from './unpack-worker.ts';

/** Layers unpacked at a time; each takes a thread and about 10 MiB. */
const maxWorkers = 2;

interface Job {
  extraction: Extraction;
  signal: AbortSignal | undefined;
  resolve: (layer: ExtractedLayer) => void;
  reject: (error: unknown) => void;
}

const waiting: Job[] = [];
let running = 0;

/** Runs extractLayer in a worker thread. Threads live only while there are layers to unpack. */
export function extractInWorker(
  extraction: Extraction,
  signal: AbortSignal | undefined,
): Promise<ExtractedLayer> {
  const { promise, resolve, reject } = Promise.withResolvers<ExtractedLayer>();
  waiting.push({ extraction, signal, resolve, reject });
  if (running < maxWorkers) {
    running += 1;
    void work().finally(() => {
      running -= 1;
    });
  }
  return promise;
}

async function work(): Promise<void> {
  let worker: Worker | undefined;
  for (let job = waiting.shift(); job; job = waiting.shift()) {
    try {
      job.signal?.throwIfAborted();
      // Flags of the daemon's own command line may make no sense for a file.
      worker ??= new Worker(workerUrl('unpack-worker', import.meta.url), { execArgv: [] });
      job.resolve(await run(worker, job));
    } catch (error) {
      job.reject(error);
      // It may be in the middle of writing files that its caller is about to delete.
      await worker?.terminate();
      worker = undefined;
    }
  }
  await worker?.terminate();
}

function run(worker: Worker, { extraction, signal }: Job): Promise<ExtractedLayer> {
  const { promise, resolve, reject } = Promise.withResolvers<ExtractedLayer>();
  const onMessage = (answer: WorkerAnswer) => {
    if (answer.ok) resolve(answer.layer);
    else if (answer.limit) reject(new LayerLimitError(answer.limit, answer.message));
    else reject(Object.assign(new LayerError(answer.message), answer.code && { code: answer.code }));
  };
  const onExit = () => reject(new LayerError('the unpacking thread died; is memory short?'));
  const onAbort = () => reject(signal?.reason);
  worker.on('message', onMessage).on('error', reject).on('exit', onExit);
  signal?.addEventListener('abort', onAbort, { once: true });
  worker.postMessage(extraction);
  return promise.finally(() => {
    worker.off('message', onMessage).off('error', reject).off('exit', onExit);
    signal?.removeEventListener('abort', onAbort);
  });
}
