// Entry point of the unpacking process: receives an Extraction message and replies with a WorkerAnswer.
import { messageOf } from '@berth/common/error-message.ts';
import { limitMoreData } from '@berth/linux/processes/data-limit.ts';
import { dieWithParent } from '@berth/linux/processes/parent-death.ts';
import { type ExtractedLayer, type Extraction, extractLayer } from './extract.ts';
import { LayerLimitError } from './layer-error.ts';

/** The reply to an Extraction. */
export type WorkerAnswer =
  | { ok: true; layer: ExtractedLayer }
  | { ok: false; message: string; code?: string; limit?: LayerLimitError['limit'] };

/** RLIMIT_DATA of unpacking: a zstd window of 128 MiB, and the records of directories and links. */
const maxMemory = 768 * 1024 * 1024;

limitMoreData(maxMemory);
// Exit with the parent: the next berthd removes unfinished directories.
dieWithParent(Number(process.argv[2]));
process.on('disconnect', () => process.exit(1));
process.on('message', async (extraction: Extraction) => {
  process.send?.(await answer(extraction));
});

async function answer(extraction: Extraction): Promise<WorkerAnswer> {
  try {
    return { ok: true, layer: await extractLayer(extraction) };
  } catch (error) {
    const message = messageOf(error);
    const code = error instanceof Error && 'code' in error ? { code: String(error.code) } : {};
    const limit = error instanceof LayerLimitError ? { limit: error.limit } : {};
    return { ok: false, message, ...code, ...limit };
  }
}
