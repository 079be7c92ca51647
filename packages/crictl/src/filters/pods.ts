// Lists the pods that the flags of a command select.
import { type PodSandbox, PodSandboxState, type PodSandboxStateValue } from '@berth/cri/generated/api.ts';
import type { App } from '../app/app.ts';
import { plainFatal } from '../errors/exit-error.ts';
import { within } from '../errors/within.ts';
import { podId } from '../lookup/ids.ts';
import { goMatcher } from './go-regexp.ts';
import { newest } from './newest.ts';

export const podFilterFlags = {
  name: { type: 'string', usage: 'Only pods whose name matches this regular expression' },
  namespace: { type: 'string', usage: 'Only pods whose namespace matches this regular expression' },
  state: { type: 'string', aliases: ['s'], usage: 'Only pods in this state: ready or notready' },
  label: { type: 'strings', usage: 'Only pods with this key=value label' },
  latest: { type: 'boolean', aliases: ['l'], usage: 'Only the last created pod' },
  last: { type: 'integer', aliases: ['n'], usage: 'Only the last n created pods; 0 for all' },
} as const;

export interface PodSelection {
  id: string;
  name: string;
  namespace: string;
  state: string;
  /** The result of `parseLabels` for `--label`. */
  labels: Readonly<Record<string, string>>;
  latest: boolean;
  last: number;
  /** Ids or names, any of which must match; empty for all pods. */
  words?: readonly string[];
}

/** Pure: the state filter of the request. */
export function podStateFilter(state: string): PodSandboxStateValue | undefined {
  switch (state.toLowerCase()) {
    case '':
      return undefined;
    case 'ready':
      return { state: PodSandboxState.SANDBOX_READY };
    case 'notready':
      return { state: PodSandboxState.SANDBOX_NOTREADY };
    default:
      throw plainFatal('--state should be ready or notready');
  }
}

/** Lists the pods that match, newest first. */
export async function listPods(app: App, selection: PodSelection): Promise<PodSandbox[]> {
  const matchesName = await goMatcher(selection.name);
  const matchesNamespace = await goMatcher(selection.namespace);
  const filter = {
    labelSelector: selection.labels,
    state: podStateFilter(selection.state),
  };
  const runtime = await app.runtime();
  const list = (id: string) =>
    within('call list sandboxes RPC', () =>
      runtime.listPodSandbox({ filter: { ...filter, id } }, app.call()),
    );
  let { items } = await list(selection.id);
  if (items.length === 0 && selection.id !== '') {
    const id = await podId(app, selection.id);
    if (id !== selection.id) ({ items } = await list(id));
  }
  const { words = [] } = selection;
  if (words.length > 0) {
    const { namedPod, podFits } = await import('../lookup/names.ts');
    items = items.filter((pod) => words.some((word) => podFits(word, namedPod(pod))));
  }
  const fitting = items.filter(
    ({ metadata }) =>
      metadata !== undefined && matchesName(metadata.name) && matchesNamespace(metadata.namespace),
  );
  return newest(fitting, selection);
}
