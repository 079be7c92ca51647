// Which containers a command is about.
import type { Container, ContainerStateValue } from '@berth/cri/generated/api.ts';
import { ContainerState } from '@berth/cri/generated/api.ts';
import type { App } from '../app.ts';
import { within } from '../errors.ts';
import { namePattern, newest, parseLabels } from './filters.ts';
import { podId } from './ids.ts';

export const containerFilterFlags = {
  name: { type: 'string', usage: 'Only containers whose name matches this regular expression' },
  namespace: { type: 'string', usage: 'Only containers whose pod namespace matches this regular expression' },
  pod: { type: 'string', aliases: ['p'], usage: 'Only containers of the pod with this id' },
  image: { type: 'string', usage: 'Only containers of this image' },
  state: {
    type: 'string',
    aliases: ['s'],
    usage: 'Only containers in this state: created, running, exited or unknown',
  },
  label: { type: 'strings', usage: 'Only containers with this key=value label' },
  latest: { type: 'boolean', aliases: ['l'], usage: 'Only the newest container, whatever its state' },
  last: {
    type: 'integer',
    aliases: ['n'],
    usage: 'Only so many of the newest containers, whatever their state; 0 for all',
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
  label: readonly string[];
  latest: boolean;
  last: number;
  all: boolean;
}

const states: Readonly<Record<string, ContainerState>> = {
  created: ContainerState.CONTAINER_CREATED,
  running: ContainerState.CONTAINER_RUNNING,
  exited: ContainerState.CONTAINER_EXITED,
  unknown: ContainerState.CONTAINER_UNKNOWN,
};

/** Pure: the state to ask the runtime for. The newest few are taken from all states. */
export function stateFilter(
  selection: Pick<ContainerSelection, 'state' | 'all' | 'latest' | 'last'>,
): ContainerStateValue | undefined {
  const { state, all, latest, last } = selection;
  const wanted =
    state === '' ? (all ? undefined : ContainerState.CONTAINER_RUNNING) : states[state.toLowerCase()];
  if (state !== '' && wanted === undefined) {
    throw new Error('--state should be one of created, running, exited or unknown');
  }
  return wanted === undefined || latest || last > 0 ? undefined : { state: wanted };
}

/** The name of a state in tables. */
export function stateName(state: ContainerState): string {
  const name = Object.keys(states).find((key) => states[key] === state);
  if (name === undefined) throw new Error(`unknown container state "${state}"`);
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

export const podNameOf = (labels: Readonly<Record<string, string>>) =>
  labels['io.kubernetes.pod.name'] ?? 'unknown';
export const podNamespaceOf = (labels: Readonly<Record<string, string>>) =>
  labels['io.kubernetes.pod.namespace'] ?? 'unknown';

/** Asks the runtime for the containers that fit, newest first. */
export async function listContainers(app: App, selection: ContainerSelection): Promise<Container[]> {
  const matchesName = namePattern(selection.name);
  const matchesNamespace = namePattern(selection.namespace);
  const filter = {
    id: selection.id,
    podSandboxId: selection.pod === '' ? '' : await podId(app, selection.pod),
    labelSelector: parseLabels(selection.label),
    state: stateFilter(selection),
  };
  const { containers } = await within('call list containers RPC', async () =>
    (await app.runtime()).listContainers({ filter }, app.call()),
  );
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

/** Images are the same when they have the same id, whatever names were used. */
async function imageTest(
  app: App,
  wanted: string,
  containers: readonly Container[],
): Promise<(image: string) => boolean> {
  if (wanted === '') return () => true;
  const imageService = await app.image();
  const idOf = async (image: string) =>
    (await imageService.imageStatus({ image: { image } }, app.call())).image?.id;
  const names = [...new Set(containers.map((container) => container.image?.image ?? ''))];
  return await within('check image match', async () => {
    const wantedId = await idOf(wanted);
    const ids = new Map(await Promise.all(names.map(async (name) => [name, await idOf(name)] as const)));
    return (image: string) => wantedId !== undefined && ids.get(image) === wantedId;
  });
}
