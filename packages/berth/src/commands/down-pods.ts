// `berth down POD…`: ends pods for good, by taking them out of their manifests.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { UserError } from '../errors/user-error.ts';
import { InstalledManifests } from '../manifests/installed.ts';
import { takeOutPods } from '../manifests/take-out.ts';
import { podsOf } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { requireRoot } from '../node/root.ts';
import { untilEnded } from '../pods/ending.ts';
import { findPods } from '../pods/find.ts';
import { configHash, displayName } from '../pods/identity.ts';
import { type Output, StatusLines } from '../terminal/status-lines.ts';
import type { DownOptions } from './down.ts';

/**
 * Takes pods out of their manifests, whose other pods and objects stay, and waits until they have ended. The node goes on.
 * @throws UserError for a word that no pod is called, and for a pod from elsewhere
 */
export async function downPods(
  layout: NodeLayout,
  words: readonly string[],
  { timeout }: DownOptions,
  output: Output = process.stdout,
): Promise<void> {
  requireRoot('berth down');
  const pods = findPods(words, await podsOf(layout));
  for (const pod of pods) requireFile(pod);
  const ending = new Map(pods.map((pod) => [configHash(pod.metadata) ?? '', displayName(pod)]));
  const found = await takeOutPods(new Set(ending.values()), {
    manifestDir: layout.manifestDir,
    nodeName: pods[0]?.spec?.nodeName ?? '',
    installed: new InstalledManifests(layout.manifestRecord),
  });
  const lines = new StatusLines(output);
  try {
    if (await untilEnded(layout, ending, lines, timeout)) return;
    const lost = [...ending.values()].filter((name) => !found.has(name));
    throw new UserError(
      lost.length > 0
        ? `no file in ${layout.manifestDir} has ${lost.join(', ')}`
        : `not every pod has ended after ${timeout} s (--timeout); the kubelet goes on ending them`,
    );
  } finally {
    lines.end();
  }
}

function requireFile(pod: v1.Pod): void {
  const source = pod.metadata?.annotations?.['kubernetes.io/config.source'];
  if (source === 'file') return;
  const origin = source === 'http' ? 'the URL of --manifest-url' : 'an API server';
  throw new UserError(`pod ${displayName(pod)} comes from ${origin}: remove it there`);
}
