// Iterates over the containers of a pod. All code uses this, so that a new kind of container is added in one place.

/** Where in the specification a container stands: `initContainers`, `containers` or `ephemeralContainers`. */
export type ContainerKind = 'init' | 'regular' | 'ephemeral';

/** A container with its place in the specification. */
export interface PlacedContainer<Container> {
  container: Container;
  kind: ContainerKind;
  /** Path of the field, such as `spec.initContainers[0]`. */
  path: string;
}

interface ContainerLists<Container> {
  containers: readonly Container[];
  initContainers?: readonly Container[];
  ephemeralContainers?: readonly Container[];
}

/** Every container of the pod: init containers in the order in which they start, then regular and ephemeral ones. */
export function eachContainer<Container>(spec: ContainerLists<Container>): PlacedContainer<Container>[] {
  return [...workloadContainers(spec), ...containersOfKind(spec, 'ephemeral')];
}

/** Init and regular containers: those that may request resources. */
export function workloadContainers<Container>(spec: ContainerLists<Container>): PlacedContainer<Container>[] {
  return [...containersOfKind(spec, 'init'), ...containersOfKind(spec, 'regular')];
}

/** The containers of one kind in the order of the specification. */
export function containersOfKind<Container>(
  spec: ContainerLists<Container>,
  kind: ContainerKind,
): PlacedContainer<Container>[] {
  const field = fieldOf[kind];
  return (spec[field] ?? []).map((container, index) => ({
    container,
    kind,
    path: `spec.${field}[${index}]`,
  }));
}

const fieldOf = { init: 'initContainers', regular: 'containers', ephemeral: 'ephemeralContainers' } as const;

/** The container called `name`; undefined when the pod has none. */
export function findContainer<Container extends { name: string }>(
  spec: ContainerLists<Container>,
  name: string,
): Container | undefined {
  return findPlacedContainer(spec, name)?.container;
}

/** The container called `name` with its place; undefined when the pod has none. */
function findPlacedContainer<Container extends { name: string }>(
  spec: ContainerLists<Container>,
  name: string,
): PlacedContainer<Container> | undefined {
  return eachContainer(spec).find(({ container }) => container.name === name);
}

/** Whether an init container is a sidecar: it starts in turn, and then runs as long as the pod. */
export function isSidecar(container: { restartPolicy?: string }): boolean {
  return container.restartPolicy === 'Always';
}
