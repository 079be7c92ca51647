// Iterates over the containers of a pod. All code uses this, so that a new kind of container is added in one place.

/** Where in the specification a container stands: `initContainers` or `containers`. */
export type ContainerKind = 'init' | 'regular';

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
}

/** Every container of the pod in the order in which they start: init containers, then regular ones. */
export function eachContainer<Container>(spec: ContainerLists<Container>): PlacedContainer<Container>[] {
  return [...containersOfKind(spec, 'init'), ...containersOfKind(spec, 'regular')];
}

/** The containers of one kind in the order of the specification. */
export function containersOfKind<Container>(
  spec: ContainerLists<Container>,
  kind: ContainerKind,
): PlacedContainer<Container>[] {
  const field = kind === 'init' ? 'initContainers' : 'containers';
  return (spec[field] ?? []).map((container, index) => ({
    container,
    kind,
    path: `spec.${field}[${index}]`,
  }));
}

/** The container called `name`; undefined when the pod has none. */
export function findContainer<Container extends { name: string }>(
  spec: ContainerLists<Container>,
  name: string,
): Container | undefined {
  return eachContainer(spec).find(({ container }) => container.name === name)?.container;
}
