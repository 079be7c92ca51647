// The pool of child processes that unpack large layers. They run unpack-worker.ts with optimizing compilers.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workerUrl } from '@berth/common/worker-url.ts';
import type { ExtractedLayer, Extraction } from './extract.ts';
import { LayerError, LayerLimitError } from './layer-error.ts';
import type { WorkerAnswer } from './unpack-worker.ts';

/** Maximum number of processes; each takes about 60 MiB while there are layers. */
const maxProcesses = 2;

/**
 * V8 flags of the unpacking process, with optimizing compilers. A thread of the daemon, which runs without them, would
 * unpack at half the speed, since threads share the flags of their process, and its memory would stay with the daemon.
 */
const flags = ['--max-semi-space-size=4', '--v8-pool-size=1'];

interface Job {
  extraction: Extraction;
  signal: AbortSignal | undefined;
  resolve: (layer: ExtractedLayer) => void;
  reject: (error: unknown) => void;
}

const waiting: Job[] = [];
let running = 0;

/** Runs extractLayer in a separate process. Processes exit when there are no more layers to unpack. */
export function extractInProcess(
  extraction: Extraction,
  signal: AbortSignal | undefined,
): Promise<ExtractedLayer> {
  const { promise, resolve, reject } = Promise.withResolvers<ExtractedLayer>();
  waiting.push({ extraction, signal, resolve, reject });
  workIfNeeded();
  return promise;
}

function workIfNeeded(): void {
  if (waiting.length === 0 || running === maxProcesses) return;
  running += 1;
  void work().finally(() => {
    running -= 1;
    // Jobs that arrived while this process ended are still queued: start them.
    workIfNeeded();
  });
}

async function work(): Promise<void> {
  let child: UnpackProcess | undefined;
  for (let job = waiting.shift(); job; job = waiting.shift()) {
    try {
      job.signal?.throwIfAborted();
      child ??= new UnpackProcess();
      job.resolve(await child.run(job));
    } catch (error) {
      // Kill it: it may still write files that the caller is about to delete.
      await child?.end();
      child = undefined;
      job.reject(error);
    }
  }
  await child?.end();
}

/** A child process that unpacks one layer after the other. */
class UnpackProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  constructor() {
    const worker = fileURLToPath(workerUrl('unpack-worker', import.meta.url));
    this.#child = spawn(process.execPath, [...flags, worker, String(process.pid)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: {},
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#child.once('close', () => resolve());
    // Always listen for errors: one may come between two layers.
    this.#child.on('error', () => resolve());
    this.#ended = promise;
  }

  run({ extraction, signal }: Job): Promise<ExtractedLayer> {
    const child = this.#child;
    const { promise, resolve, reject } = Promise.withResolvers<ExtractedLayer>();
    const onMessage = (answer: WorkerAnswer) => {
      if (answer.ok) resolve(answer.layer);
      else if (answer.limit) reject(new LayerLimitError(answer.limit, answer.message));
      else reject(Object.assign(new LayerError(answer.message), answer.code && { code: answer.code }));
    };
    const onExit = () => reject(new LayerError('the unpacking process died; is memory short?'));
    const onAbort = () => reject(signal?.reason);
    child.on('message', onMessage).on('error', reject).on('exit', onExit);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (child.connected) child.send(extraction, (error) => error && reject(error));
    else onExit();
    return promise.finally(() => {
      child.off('message', onMessage).off('error', reject).off('exit', onExit);
      signal?.removeEventListener('abort', onAbort);
    });
  }

  /** Kills the process; resolves when it has exited. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
