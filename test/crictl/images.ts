// A registry with the images that comparisons pull.
import { join } from 'node:path';
import type { ExecutionParameters } from '@berth/oci/image-spec/image-config.ts';
import { startRegistry } from '@berth/test-support/image-registry.ts';
import { writeTestImage } from '@berth/test-support/images.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';

export interface TestImages extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  registry: string;
  appDigest: string;
  namedDigest: string;
}

/** Serves app:1 and app:2 (one image, user 1000), named:1 (user alice), twin/real:1 and twin/ours:1 (also as :2). */
export async function serveImages(): Promise<TestImages> {
  using dir = scratchDir('golden-images');
  const registry = await startRegistry();
  const image = async (repository: string, tags: string[], config: ExecutionParameters) => {
    const layout = join(dir.path, repository);
    await writeTestImage(layout, 'image', { Cmd: ['/bin/sh'], Env: ['PATH=/bin'], ...config });
    const pushed = [];
    for (const tag of tags) pushed.push(await registry.push(layout, 'image', repository, tag));
    return pushed[0]?.digest ?? '';
  };
  const appDigest = await image('app', ['1', '2'], { User: '1000', Labels: { app: 'a <b>' } });
  const namedDigest = await image('named', ['1'], { User: 'alice' });
  for (const side of ['real', 'ours']) await image(`twin/${side}`, ['1', '2'], { Labels: { side } });
  return { registry: registry.address, appDigest, namedDigest, [Symbol.asyncDispose]: () => registry.stop() };
}
