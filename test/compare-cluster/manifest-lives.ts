// The pods of compare-kubelet's cases as pods of a cluster, from their creation to their end.
import { marksDir } from '../compare-kubelet/cases/pod.ts';
import { caseName, type ManifestCase } from '../compare-kubelet/manifest-case.ts';
import type { Json } from '../compare-kubelet/normalise.ts';
import type { Life, LifeOnNode } from './life.ts';
import { comparablePod, comparableTurn } from './observe.ts';
import { create, end, settle } from './pod-life.ts';

/** What a case is on the API server: its pod, which is deleted when it has settled. */
export function lifeOf(each: ManifestCase): Life {
  return { name: caseName(each), live: (on) => live(each, on) };
}

/** Whether a case makes sense for pods of an API server: it has one manifest, and needs no node for itself. */
export function isForClusters({ edit, beside, alone }: ManifestCase): boolean {
  return edit === undefined && beside === undefined && alone === undefined;
}

async function live(each: ManifestCase, on: LifeOnNode): Promise<Json> {
  const { side, log } = on;
  const manifest = JSON.stringify(each.manifest).replaceAll(`${marksDir}/`, `${marksDir}/${side}/`);
  const refused = await create(on, JSON.parse(manifest));
  if (refused !== undefined) return { refused };
  const settled = await settle(on, each.pod, each.settled, each);
  const newest = settled ?? log.pod(each.pod)?.versions.at(-1);
  const { fleeting: isFleeting = false } = each;
  const look = isFleeting ? comparableTurn : comparablePod;
  return {
    isSettled: settled !== undefined,
    settled: newest === undefined ? 'no pod' : look(side, newest),
    ...(await end(on, each.pod, { isFleeting })),
  };
}
