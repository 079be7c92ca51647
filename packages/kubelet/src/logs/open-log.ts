// Opens a container's log without harm: a container that can write to its log folder may have replaced the file.
import { closeSync } from 'node:fs';
import { relative } from 'node:path';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { openRegularFile } from '@berth/common/files/regular-file.ts';
import type { LogSource } from '@berth/cri/logs/log-file.ts';
import { openBeneath } from '@berth/linux/files/safe-path.ts';

/**
 * The log at a path in the folder of all logs. Follows no link out of that folder, and opens nothing but regular files.
 * @throws when the path is elsewhere
 */
export function podLog(podLogsDir: string, path: string): LogSource {
  const inside = relative(podLogsDir, path);
  if (inside === '' || inside.startsWith('..')) {
    throw new Error(`failed to open log file ${JSON.stringify(path)}: it is not in ${podLogsDir}`);
  }
  return {
    path,
    open: async () => {
      const descriptor = openBeneath(podLogsDir, inside, O_PATH);
      try {
        return await openRegularFile(`/proc/self/fd/${descriptor}`);
      } finally {
        closeSync(descriptor);
      }
    },
  };
}
