import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workerUrl } from '@berth/common/worker-url.ts';
import type { ExtractedLayer, Extraction } from './extract.ts';
import { LayerError, LayerLimitError } from './layer-error.ts';
import type { WorkerAnswer } from './unpack-worker.ts';

/** Layers unpacked at a time; each takes a process of about 60 MiB for as long as there are layers. */
const maxProcesses = 2;

/**
 * V8 flags of the process that unpacks, in place of the daemon's: it computes and then ends, so code is to be
 * compiled for speed. A daemon that runs without optimizing compilers would unpack at half the speed in a thread,
 * since all of a process shares its flags, and would keep what the unpacking took of memory.
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

/** Runs extractLayer in a process of its own. Processes live only while there are layers to unpack. */
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
    // What came while the last process was ending has found all of them taken.
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
      // It may be in the middle of writing files that its caller is about to delete.
      await child?.end();
      child = undefined;
      job.reject(error);
    }
  }
  await child?.end();
}

/** A child of this process that unpacks one layer after the other. */
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
    // Listened for as long as it lives: an error may come when no layer is being unpacked.
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

  /** Kills it; resolves when it writes no more. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
