// Durations in flags and KubeletConfiguration, in Go's syntax.
import { parseGoDuration } from '@berth/common/go-duration.ts';

/** The duration in milliseconds. Throws a RangeError for a text that Go does not accept. */
export function parseDuration(text: string): number {
  const milliseconds = parseGoDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new RangeError(`invalid duration ${JSON.stringify(text)}: write it as in "1m30s" or "300ms"`);
}
