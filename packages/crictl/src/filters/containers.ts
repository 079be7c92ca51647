// Lists the containers that the flags of a command select.
import type { Container, ContainerStateValue } from '@berth/cri/generated/api.ts';
import { ContainerState } from '@berth/cri/generated/api.ts';
import type { App } from '../app/app.ts';
import { plainFatal } from '../errors/exit-error.ts';
import { within } from '../errors/within.ts';
import { containerId, podId } from '../lookup/ids.ts';
import { containerStates } from '../output/state-names.ts';
import { goMatcher } from './go-regexp.ts';
import { newest } from './newest.ts';

export const containerFilterFlags = {
  name: { type: 'string', usage: 'Only containers whose name matches this regular expression' },
  namespace: { type: 'string', usage: 'Only containers whose pod namespace matches this regular expression' },
  pod: { type: 'string', aliases: ['p'], usage: 'Only containers of the pod with this id or name' },
  image: { type: 'string', usage: 'Only containers of this image' },
  state: {
    type: 'string',
    aliases: ['s'],
    usage: 'Only containers in this state: created, running, exited or unknown',
  },
  label: { type: 'strings', usage: 'Only containers with this key=value label' },
  latest: { type: 'boolean', aliases: ['l'], usage: 'Only the last created container, in any state' },
  last: {
    type: 'integer',
    aliases: ['n'],
    usage: 'Only the last n created containers, in any state; 0 for all',
  },
  all: { type: 'boolean', aliases: ['a'], usage: 'Containers in all states' },
} as const;

export interface ContainerSelection {
  id: string;
  name: string;
  namespace: string;
  pod: string;
  image: string;
  state: string;
  /** The result of `parseLabels` for `--label`. */
  labels: Readonly<Record<string, string>>;
  latest: boolean;
  last: number;
  all: boolean;
  /** Ids or names, any of which must match; empty for all containers. */
  words?: readonly string[];
}

/** Pure: the state filter of the request. --latest and --last select from all states. */
export function stateFilter(
  selection: Pick<ContainerSelection, 'state' | 'all' | 'latest' | 'last'>,
): ContainerStateValue | undefined {
  const { state, all, latest, last } = selection;
  const wanted =
    state === ''
      ? all
        ? undefined
        : ContainerState.CONTAINER_RUNNING
      : containerStates[state.toLowerCase()];
  if (state !== '' && wanted === undefined) {
    throw plainFatal('--state should be one of created, running, exited or unknown');
  }
  return wanted === undefined || latest || last > 0 ? undefined : { state: wanted };
}

export const podNameOf = (labels: Readonly<Record<string, string>>) =>
  labels['io.kubernetes.pod.name'] ?? 'unknown';
export const podNamespaceOf = (labels: Readonly<Record<string, string>>) =>
  labels['io.kubernetes.pod.namespace'] ?? 'unknown';

/** Lists the containers that match, newest first. */
export async function listContainers(app: App, selection: ContainerSelection): Promise<Container[]> {
  const matchesName = await goMatcher(selection.name);
  const matchesNamespace = await goMatcher(selection.namespace);
  const filter = {
    podSandboxId: selection.pod === '' ? '' : await podId(app, selection.pod),
    labelSelector: selection.labels,
    state: stateFilter(selection),
  };
  const runtime = await app.runtime();
  const list = (id: string) =>
    within('call list containers RPC', () =>
      runtime.listContainers({ filter: { ...filter, id } }, app.call()),
    );
  let { containers } = await list(selection.id);
  if (containers.length === 0 && selection.id !== '') {
    const id = await containerId(app, selection.id);
    if (id !== selection.id) ({ containers } = await list(id));
  }
  if (selection.words !== undefined && selection.words.length > 0) {
    containers = await fittingWords(app, containers, selection.words);
  }
  const matchesImage = await imageTest(app, selection.image, containers);
  const fitting = containers.filter(
    (container) =>
      container.metadata !== undefined &&
      matchesName(container.metadata.name) &&
      matchesNamespace(podNamespaceOf(container.labels)) &&
      matchesImage(container.image?.image ?? ''),
  );
  return newest(fitting, selection);
}

/** The containers whose id, name or pod name is one of `words`. */
async function fittingWords(
  app: App,
  containers: readonly Container[],
  words: readonly string[],
): Promise<Container[]> {
  const { items } = await within('call list sandboxes RPC', async () =>
    (await app.runtime()).listPodSandbox({}, app.call()),
  );
  const { containerFits, namedContainers } = await import('../lookup/names.ts');
  const named = namedContainers(containers, items).filter((each) =>
    words.some((word) => containerFits(word, each)),
  );
  const ids = new Set(named.map(({ id }) => id));
  return containers.filter(({ id }) => ids.has(id));
}

/** A test for images: they are equal when their ids are, whatever their names. */
async function imageTest(
  app: App,
  wanted: string,
  containers: readonly Container[],
): Promise<(image: string) => boolean> {
  if (wanted === '') return () => true;
  const { imageStatus } = await import('../lookup/images.ts');
  const idOf = async (image: string) => (await imageStatus(app, image)).image?.id;
  const names = [...new Set(containers.map((container) => container.image?.image ?? ''))];
  return await within('check image match', async () => {
    const wantedId = await idOf(wanted);
    const ids = new Map(await Promise.all(names.map(async (name) => [name, await idOf(name)] as const)));
    return (image: string) => wantedId !== undefined && ids.get(image) === wantedId;
  });
}
