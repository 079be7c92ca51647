// `berth down MANIFEST…`: takes away what `berth up MANIFEST…` installed. The node goes on.
import { UserError } from '../errors/user-error.ts';
import { InstalledManifests } from '../manifests/installed.ts';
import { type Manifest, readManifests } from '../manifests/read.ts';
import { kubeletPods } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { requireRoot } from '../node/root.ts';
import { untilEnded } from '../pods/ending.ts';
import { configHash, displayName } from '../pods/identity.ts';
import { type Output, StatusLines } from '../terminal/status-lines.ts';
import type { DownOptions } from './down.ts';

/**
 * Removes the manifests of files, directories, URLs or standard input, and waits until their pods have ended.
 * @throws UserError when something cannot be read, was not installed, or does not end in time
 */
export async function downManifests(
  layout: NodeLayout,
  sources: readonly string[],
  { timeout }: DownOptions,
  output: Output = process.stdout,
): Promise<void> {
  requireRoot('berth down');
  const manifests = await readManifests(sources, layout.manifestDir, 'ignore');
  const installed = new InstalledManifests(layout.manifestRecord);
  const files = new Set(await installed.files());
  const [ours, others] = [true, false].map((isOurs) =>
    manifests.filter(({ target }) => files.has(target) === isOurs),
  );
  const ending = await podsOf(layout, ours ?? []);
  const lines = new StatusLines(output);
  try {
    for (const { target } of ours ?? []) await installed.remove(target);
    if (!(await untilEnded(layout, ending, lines, timeout)))
      throw new UserError(
        `not every pod has ended after ${timeout} s (--timeout); the kubelet goes on ending them`,
      );
    if (ending.size > 0) return;
    for (const { target } of ours ?? []) lines.set(target, 'ok', `${target}   removed`);
  } finally {
    lines.end();
  }
  const unknown = (others ?? []).map(({ source }) => `${source}: not installed by berth up`);
  if (unknown.length > 0) throw new UserError(unknown.join('\n'));
}

/**
 * The pods of manifests that the kubelet has, by UID: those of the same names, because what was installed may be an
 * earlier version, or may have been edited since.
 */
async function podsOf(layout: NodeLayout, manifests: readonly Manifest[]): Promise<Map<string, string>> {
  const names = new Set(manifests.flatMap(({ pods }) => pods.map(displayName)));
  const found = ((await kubeletPods(layout)) ?? []).map((pod) => [
    configHash(pod.metadata),
    displayName(pod),
  ]);
  return new Map(found.flatMap(([uid, name]) => (uid && name && names.has(name) ? [[uid, name]] : [])));
}
