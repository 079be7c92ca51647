// The last lines of a container's log, for the report of its failure.
import { openRegularFile } from '@berth/common/files/regular-file.ts';
import { printable } from '@berth/common/printable.ts';
import type { CriClient } from '@berth/cri/client/client.ts';
import { readLog } from '@berth/cri/logs/read.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { podContainers } from './failure.ts';

const maxLines = 10;
const maxLineLength = 300;

/**
 * The last lines that a container wrote before it ended; none when its log is gone, which is no reason to fail.
 */
export async function lastLogLines(
  { runtime }: CriClient,
  pod: v1.Pod,
  container: string,
): Promise<string[]> {
  for (const containerId of endedContainers(pod, container)) {
    try {
      const { status } = await runtime.containerStatus({ containerId, verbose: false });
      const lines = await linesOf(status?.logPath ?? '');
      if (lines.length > 0) return lines;
    } catch {
      // The kubelet has removed the container: try an earlier one.
    }
  }
  return [];
}

/** The ids of the container's last runs, the one that has ended first. */
function endedContainers(pod: v1.Pod, name: string): string[] {
  const status = podContainers(pod).find((container) => container.name === name)?.status;
  const ids = [
    status?.state?.terminated?.containerID,
    status?.lastState?.terminated?.containerID,
    status?.containerID,
  ];
  return [...new Set(ids.flatMap((id) => (id === undefined ? [] : [id.replace(/^[^:]*:\/\//, '')])))];
}

async function linesOf(path: string): Promise<string[]> {
  const lines: string[] = [];
  let begun = '';
  await readLog({
    source: { path, open: () => openRegularFile(path, { followLink: false }) },
    tailLines: maxLines,
    follow: undefined,
    onLine: ({ content }) => {
      const text = content.toString();
      // The rest of a long line comes in parts.
      begun = (begun + text.trimEnd()).slice(0, maxLineLength + 1);
      if (!text.endsWith('\n')) return true;
      lines.push(printable(begun, maxLineLength));
      begun = '';
      return true;
    },
    onBadLine: () => {},
    whenWritable: async () => {},
  });
  if (begun !== '') lines.push(printable(begun, maxLineLength));
  return lines;
}
