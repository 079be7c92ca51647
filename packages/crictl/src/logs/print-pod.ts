// Prints the logs of a pod, for `logs POD`: each line behind its container's name.
import { ContainerState } from '@berth/cri/generated/api.ts';
import type { App } from '../app/app.ts';
import { LinePrefixes } from './prefix.ts';
import { type ContainerLogOptions, reopenLog } from './print-container.ts';
import { readPodLogs } from './read-pod.ts';

export interface PodLogChoices extends ContainerLogOptions {
  /** Which attempts of the containers to start with; default: all. */
  attempts?: 'all' | 'newest';
  /** What stands before the lines of a container; default: its name, in colour on a terminal. */
  prefixOf?: (name: string) => string;
}

export async function printPodLog(app: App, podSandboxId: string, options: PodLogChoices): Promise<void> {
  const { printer, reopen, prefixOf, ...reading } = options;
  if (reading.follow && reading.previous) {
    throw new Error('--previous and --follow are mutually exclusive for a pod');
  }
  if (reopen) {
    const filter = { podSandboxId, state: { state: ContainerState.CONTAINER_RUNNING } };
    const { containers } = await (await app.runtime()).listContainers({ filter }, app.call());
    for (const { id } of containers) await reopenLog(app, id);
  }
  const prefixes = new LinePrefixes();
  const { NO_COLOR: noColour = '', TERM: terminal } = process.env;
  const mayColour = noColour === '' && terminal !== 'dumb';
  await readPodLogs(app, podSandboxId, {
    ...reading,
    onContainer: (name) => prefixes.add(name),
    onLine: (name, line) =>
      printer.print(
        line,
        prefixOf?.(name) ?? prefixes.of(name, mayColour && process[line.stream].isTTY === true),
      ),
    onBadLine: (line, reason) => app.logger.error(`Failed when parsing line in log file ${reason}: ${line}`),
  });
}
