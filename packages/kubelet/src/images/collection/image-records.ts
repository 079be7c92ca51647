// When images were seen and used, and which of them may be removed. Pure.

/** An image that the runtime has. */
export interface PresentImage {
  id: string;
  sizeBytes: bigint;
  /** The runtime needs it, for sandboxes. */
  isPinned: boolean;
}

/** What is remembered of an image; times in milliseconds. */
export interface ImageRecord extends PresentImage {
  /** When it was first seen. */
  detectedAt: number;
  /** When a container was last seen to use it; undefined: never. */
  usedAt: number | undefined;
}

/** Records by the id of the image. */
export type ImageRecords = ReadonlyMap<string, ImageRecord>;

/** The records after the images and those in use were read at the time `now`. */
export function seen(
  before: ImageRecords,
  images: readonly PresentImage[],
  { inUse, now }: { inUse: ReadonlySet<string>; now: number },
): ImageRecords {
  return new Map(
    images.map((image) => {
      const known = before.get(image.id);
      const usedAt = inUse.has(image.id) ? now : known?.usedAt;
      return [image.id, { ...image, detectedAt: known?.detectedAt ?? now, usedAt }];
    }),
  );
}

/** The images that nobody uses, those first that were not used for the longest time. */
export function unused(records: ImageRecords, inUse: ReadonlySet<string>): ImageRecord[] {
  const age = ({ usedAt }: ImageRecord): number => usedAt ?? Number.NEGATIVE_INFINITY;
  return [...records.values()]
    .filter(({ id, isPinned }) => !isPinned && !inUse.has(id))
    .toSorted((a, b) => (age(a) === age(b) ? a.detectedAt - b.detectedAt : age(a) < age(b) ? -1 : 1));
}

/** Whether the image was not used for longer than `maxAgeMs`; one that was never used has that age at once. */
export function isOld({ usedAt }: ImageRecord, maxAgeMs: number, now: number): boolean {
  return usedAt === undefined || now - usedAt > maxAgeMs;
}

/** Whether the image may be removed to make room: one that was just pulled is about to be used. */
export function isRemovable({ usedAt, detectedAt }: ImageRecord, minAgeMs: number, now: number): boolean {
  return (usedAt === undefined || usedAt < now) && now - detectedAt >= minAgeMs;
}
