/** A name that no object has, and the names that exist, from which the hint of a NotFound error suggests some. */
export interface FailedLookup {
  what: 'container' | 'pod' | 'image' | 'command';
  word: string;
  known: readonly string[];
}
