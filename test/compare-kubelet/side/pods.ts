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

/** Why the kubelet runs no pod of a case, where it tells that: ours does under /rejected. */
export async function refusal({ pod }: ManifestCase): Promise<string | undefined> {
  const response = await fetch('http://127.0.0.1:10255/rejected');
  if (!response.ok) return undefined;
  const rejected = (await response.json()) as { file: string; message: string }[];
  return rejected.find(({ file }) => file.includes(`/${pod}.`))?.message;
}
