/** What conmon reports through its sync pipe: the pid of the container's init, or why there is none. */
export type SyncMessage = { kind: 'created'; pid: number } | { kind: 'failed'; message: string };

/**
 * Parses one line of the sync pipe. conmon before 2.2 does not escape every byte of a message, so a line that
 * is no JSON still counts as the failure that it reports.
 */
export function parseSyncMessage(line: string): SyncMessage {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'failed', message: line.trim() };
  }
  if (typeof value !== 'object' || value === null) return { kind: 'failed', message: line.trim() };
  if ('pid' in value && typeof value.pid === 'number' && value.pid > 0)
    return { kind: 'created', pid: value.pid };
  return { kind: 'failed', message: 'message' in value ? String(value.message).trim() : '' };
}
