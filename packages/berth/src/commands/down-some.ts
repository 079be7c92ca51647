// `berth down WORD…`: takes away manifests, and ends pods, each called by what it is.
import { existsSync } from 'node:fs';
import type { NodeLayout } from '../node/layout.ts';
import type { Output } from '../terminal/status-lines.ts';
import type { DownOptions } from './down.ts';
import { downManifests } from './down-manifests.ts';
import { downPods } from './down-pods.ts';

/**
 * Whether a word means a manifest: standard input, a URL, a file in YAML or JSON by its name, or a path that exists and
 * cannot be the name of a pod (`./hello`, where `hello` is a pod).
 */
export function isManifest(word: string, exists: (path: string) => boolean = existsSync): boolean {
  if (word === '-' || /^https?:\/\//.test(word) || /\.(ya?ml|json)$/.test(word)) return true;
  return !/^([a-z0-9-]+\/)?[a-z0-9][a-z0-9.-]*$/.test(word) && exists(word);
}

/**
 * Takes away what some words mean, the manifests first, and waits until the pods have ended. The node goes on.
 * @throws UserError for a word that means nothing
 */
export async function downSome(
  layout: NodeLayout,
  words: readonly string[],
  options: DownOptions,
  output: Output = process.stdout,
): Promise<void> {
  const manifests = words.filter((word) => isManifest(word));
  const pods = words.filter((word) => !manifests.includes(word));
  if (manifests.length > 0) await downManifests(layout, manifests, options, output);
  if (pods.length > 0) await downPods(layout, pods, options, output);
}
