/** One range of ids: `length` of them from `containerId` on are the host's from `hostId` on. */
export interface IdMapping {
  containerId: number;
  hostId: number;
  length: number;
}

/** Whom a user namespace maps. */
export interface IdMappings {
  uids: readonly IdMapping[];
  gids: readonly IdMapping[];
}

/**
 * What an id of a user namespace is on the host.
 * @throws RangeError when the namespace does not map it
 */
export function hostId(mappings: readonly IdMapping[], id: number): number {
  const range = mappings.find(({ containerId, length }) => id >= containerId && id < containerId + length);
  if (range === undefined) throw new RangeError(`id ${id} is not mapped`);
  return range.hostId + id - range.containerId;
}

/** Whether a user namespace has an id. */
export function isMapped(mappings: readonly IdMapping[], id: number): boolean {
  return mappings.some(({ containerId, length }) => id >= containerId && id < containerId + length);
}

/** Whether two user namespaces map the same ids alike, range by range. */
export function sameMappings(one: IdMappings, other: IdMappings): boolean {
  return sameRanges(one.uids, other.uids) && sameRanges(one.gids, other.gids);
}

function sameRanges(some: readonly IdMapping[], others: readonly IdMapping[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ containerId, hostId, length }, index) => {
      const other = others[index];
      return other?.containerId === containerId && other.hostId === hostId && other.length === length;
    })
  );
}
