// `berth logs`: the logs of a pod's containers, with the flags of kubectl.
import { LogPrinter } from '@berth/cri/logs/printer.ts';
import type { App } from '@berth/crictl/app/app.ts';
import { standardOutput, whenWritable } from '@berth/crictl/logs/output.ts';
import { type ContainerLogOptions, printContainerLog } from '@berth/crictl/logs/print-container.ts';
import { printPodLog } from '@berth/crictl/logs/print-pod.ts';
import { parseSince } from '@berth/crictl/logs/since.ts';
import { logContainer } from '@berth/kubelet/server/routes/log-container.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { UserError } from '../errors/user-error.ts';
import { withRuntime } from '../node/cri-app.ts';
import { podsOf } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { chooseContainer, runtimeId } from '../pods/container.ts';
import { findPod, shortName } from '../pods/find.ts';

export interface LogsOptions {
  readonly container?: string;
  readonly allContainers: boolean;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  /** Whether the name of pod and container stands before each line. */
  readonly prefix: boolean;
  /** A duration, or a time. */
  readonly since?: string;
  /** Lines from the end; -1 for all. */
  readonly tail: number;
  readonly limitBytes?: number;
}

/** Prints the log of one container, or those of all, merged by time. */
export async function logs(layout: NodeLayout, word: string, options: LogsOptions): Promise<void> {
  const { container, allContainers, follow, previous, tail } = options;
  if (allContainers && container !== undefined) {
    throw new UserError(`--all-containers should not be specified with container name ${container}`);
  }
  const pod = findPod(word, await podsOf(layout));
  const reading: ContainerLogOptions = {
    printer: new LogPrinter(standardOutput, {
      timestamps: options.timestamps,
      sinceNano: options.since === undefined ? undefined : parseTime(options.since),
      limitBytes: options.limitBytes,
    }),
    tailLines: tail < 0 ? undefined : tail,
    follow,
    previous: false,
    reopen: false,
    whenWritable,
  };
  const prefixOf = (name: string) => (options.prefix ? `[pod/${shortName(pod)}/${name}] ` : '');
  await withRuntime(layout, async (app) => {
    if (allContainers) {
      const id = await sandboxOf(app, pod);
      await printPodLog(app, id, { ...reading, previous, attempts: 'newest', prefixOf });
    } else {
      const { name, note } = chooseContainer(pod, container, 'tell');
      if (note !== undefined) console.error(note);
      const found = logContainer({ name: shortName(pod), status: { ...pod.status } }, name, previous);
      if ('error' in found) throw new UserError(found.error);
      await printContainerLog(app, runtimeId(found.containerId), reading, prefixOf(name));
    }
  });
}

function parseTime(text: string): bigint {
  try {
    return parseSince(text, Date.now());
  } catch {
    throw new UserError(`--since: "${text}" is neither a duration such as 5s, 2m or 3h, nor a time`);
  }
}

/** The newest sandbox of the pod. @throws UserError when it has none */
async function sandboxOf(app: App, pod: v1.Pod): Promise<string> {
  const labelSelector = { 'io.kubernetes.pod.uid': pod.metadata?.uid ?? '' };
  const { items } = await (await app.runtime()).listPodSandbox({ filter: { labelSelector } }, app.call());
  const [newest] = items.toSorted((one, other) => (one.createdAt > other.createdAt ? -1 : 1));
  if (newest === undefined) throw new UserError(`pod ${shortName(pod)} has no containers yet`);
  return newest.id;
}
