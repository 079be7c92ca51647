import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildPeer } from '@berth/test-support/peers.ts';
import { catalogue } from './images/catalogue.ts';
import { writeCatalogue } from './images/serve.ts';

/** Builds what is not built yet; the whole of `dir` can be carried to another machine. */
export async function prepareConformance(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  for (const name of ['critest', 'crictl'] as const) copyFileSync(await buildPeer(name), join(dir, name));
  await writeCatalogue(join(dir, 'images'), await catalogue());
}
