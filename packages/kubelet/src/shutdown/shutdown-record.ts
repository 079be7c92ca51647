// When the node shut down last, in a file of the real kubelet's: it outlives the machine's boot.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFileSync } from '@berth/common/files/replace-file.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { createLogger } from '../klog/klog.ts';

const log = createLogger('shutdown-record.ts');

/** Times in milliseconds since 1970; 0: not yet. */
export interface ShutdownTimes {
  startedAt: number;
  endedAt: number;
}

const never = '0001-01-01T00:00:00Z';

/** The record of one root directory. A failure is logged: a shutdown does not wait for it. */
export class ShutdownRecord {
  readonly #path: string;

  constructor(rootDir: string) {
    this.#path = join(rootDir, 'graceful_node_shutdown_state');
  }

  store({ startedAt, endedAt }: ShutdownTimes): void {
    const text = (ms: number): string => (ms === 0 ? never : new Date(ms).toISOString());
    try {
      replaceFileSync(this.#path, JSON.stringify({ startTime: text(startedAt), endTime: text(endedAt) }), {
        mode: 0o600,
      });
    } catch (error) {
      log.error('Failed to store graceful shutdown state', { err: error });
    }
  }

  load(): ShutdownTimes {
    try {
      const value: unknown = JSON.parse(readFileSync(this.#path, 'utf8'));
      const at = (time: unknown): number => Math.max(0, Date.parse(String(time)) || 0);
      return isObject(value)
        ? { startedAt: at(value['startTime']), endedAt: at(value['endTime']) }
        : { startedAt: 0, endedAt: 0 };
    } catch {
      return { startedAt: 0, endedAt: 0 };
    }
  }
}
