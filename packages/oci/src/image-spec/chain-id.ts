// Computes chain ids, the names under which unpacked layers are stored and shared between images.
import { type Digest, digestOf } from './digest.ts';

/**
 * The identity of a layer on top of the ones below it (OCI image spec, "Layer ChainID").
 *
 * @param diffIds bottom layer first, at least one
 */
export function chainId(diffIds: readonly Digest[]): Digest {
  const last = chainIds(diffIds).at(-1);
  if (last === undefined) throw new Error('an image without layers has no chain id');
  return last;
}

/** The chain id of every layer of an image, bottom first. */
export function chainIds(diffIds: readonly Digest[]): Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
}
