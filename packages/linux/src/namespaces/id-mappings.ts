// The uid and gid mappings of a user namespace.
/** One range: the ids `containerId`, `containerId + 1`, … are `hostId`, `hostId + 1`, … on the host; `length` of them. */
export interface IdMapping {
  containerId: number;
  hostId: number;
  length: number;
}

/** The mappings of a user namespace. */
export interface IdMappings {
  uids: readonly IdMapping[];
  gids: readonly IdMapping[];
}

/**
 * The host's id for an id of a user namespace.
 * @throws RangeError when the namespace does not map it
 */
export function hostId(mappings: readonly IdMapping[], id: number): number {
  const range = mappings.find(({ containerId, length }) => id >= containerId && id < containerId + length);
  if (range === undefined) throw new RangeError(`id ${id} is not mapped`);
  return range.hostId + id - range.containerId;
}

/** Whether a user namespace maps an id. */
export function isMapped(mappings: readonly IdMapping[], id: number): boolean {
  return mappings.some(({ containerId, length }) => id >= containerId && id < containerId + length);
}

/** Whether two user namespaces have the same mappings, range by range. */
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
