import { parentPort } from 'node:worker_threads';
import { type ExtractedLayer, type Extraction, extractLayer } from './extract.ts';
import { LayerLimitError } from './layer-error.ts';

/** What the worker answers to an Extraction. */
export type WorkerAnswer =
  | { ok: true; layer: ExtractedLayer }
  | { ok: false; message: string; code?: string; limit?: LayerLimitError['limit'] };

const port = parentPort;
port?.on('message', async (extraction: Extraction) => {
  try {
    port.postMessage({ ok: true, layer: await extractLayer(extraction) } satisfies WorkerAnswer);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && 'code' in error ? { code: String(error.code) } : {};
    const limit = error instanceof LayerLimitError ? { limit: error.limit } : {};
    port.postMessage({ ok: false, message, ...code, ...limit } satisfies WorkerAnswer);
  }
});
