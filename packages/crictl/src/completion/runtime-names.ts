// Completes names and ids of the runtime's pods, containers and images.
import type { App } from '../app/app.ts';
import {
  containerPath,
  current,
  type NamedContainer,
  type NamedPod,
  namedContainers,
  namedPod,
  podPath,
} from '../lookup/names.ts';
import { truncateId } from '../output/human.ts';
import type { Candidate } from './cursor.ts';
import type { ObjectKind } from './values.ts';

/** An object and the words that resolve to it, in order of preference. */
export interface NamedObject {
  words: readonly string[];
  description: string;
}

/** Pure: for each object its first word that starts with `typed` and resolves to no other object, sorted. */
export function distinctWords(objects: readonly NamedObject[], typed: string): Candidate[] {
  const owners = new Map<string, number>();
  for (const word of objects.flatMap(({ words }) => [...new Set(words)])) {
    owners.set(word, (owners.get(word) ?? 0) + 1);
  }
  const found = objects.flatMap(({ words, description }) => {
    const word = words.find((each) => each.startsWith(typed) && owners.get(each) === 1);
    return word === undefined ? [] : [{ word, description }];
  });
  return found.sort((a, b) => (a.word < b.word ? -1 : 1));
}

const states: Partial<Record<ObjectKind, string>> = { created: 'Created', running: 'Running' };

/** Lists the objects of this kind. */
export async function objectsOf(app: App, kind: ObjectKind): Promise<NamedObject[]> {
  if (kind === 'images') {
    const { images } = await (await app.image()).listImages({}, app.call());
    return images.map(({ id, repoTags }) => imageWords(id, repoTags));
  }
  const runtime = await app.runtime();
  const { items } = await runtime.listPodSandbox({}, app.call());
  const pods = current(items.map(namedPod), podPath).map(podWords);
  if (kind === 'pods') return pods;
  const { containers } = await runtime.listContainers({}, app.call());
  const wanted = states[kind];
  const found = current(namedContainers(containers, items), containerPath)
    .filter(({ state }) => wanted === undefined || state === wanted)
    .map(containerWords);
  return kind === 'containers and pods' ? [...found, ...pods] : found;
}

function imageWords(id: string, repoTags: readonly string[]): NamedObject {
  const shortNames = repoTags.map((name) => name.slice(name.lastIndexOf('/') + 1));
  return {
    words: [...repoTags, ...shortNames, truncateId(id, 'sha256:'), id],
    description: truncateId(id, 'sha256:'),
  };
}

function podWords({ id, namespace, pod, inManifest, state }: NamedPod): NamedObject {
  return {
    words: [inManifest ?? pod, `${namespace}/${inManifest ?? pod}`, pod, `${namespace}/${pod}`, id],
    description: `${state}, ${namespace}, ${truncateId(id)}`,
  };
}

function containerWords(container: NamedContainer): NamedObject {
  const { id, namespace, pod, inManifest, name, state } = container;
  return {
    words: [`${inManifest ?? pod}/${name}`, `${pod}/${name}`, containerPath(container), name, id],
    description: `${state}, ${namespace}, ${truncateId(id)}`,
  };
}
