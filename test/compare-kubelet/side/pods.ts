// /pods of a side, and which pods are a case's.
import type { ListedPod, ManifestCase } from '../manifest-case.ts';

/** Every pod that the kubelet knows. */
export async function listPods(): Promise<ListedPod[]> {
  const response = await fetch('http://127.0.0.1:10255/pods');
  const { items } = (await response.json()) as { items: ListedPod[] | null };
  return items ?? [];
}

/** The pod of a case: its name is followed by the node's. */
export function podOf({ pod }: ManifestCase, listed: readonly ListedPod[]): ListedPod | undefined {
  return listed.find(({ metadata }) => metadata.name === pod || metadata.name === `${pod}-node1`);
}

/** Pure: why the kubelet runs no pod of a case, from its log; both say it in the same form. */
export function refusal({ pod }: ManifestCase, log: string): string {
  const lines = log.split('\n').filter((line) => line.includes(`/${pod}.json`) && line.startsWith('E'));
  const [, quoted = '""'] = / err=("(?:[^"\\]|\\.)*")/.exec(lines.at(-1) ?? '') ?? [];
  const text = String(JSON.parse(quoted)).replace(/^can't process config file "[^"]*": /, '');
  const [, errors = text] = /^invalid pod: \[(.*)\]$/s.exec(text) ?? [];
  // Lists of errors have commas in the real kubelet's log, semicolons in ours.
  return errors.replaceAll('; ', ', ');
}
