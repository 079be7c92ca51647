// `berth top`: the resource usage of the node's pods.
import { showUsage } from '@berth/crictl/top/show.ts';
import { withRuntime } from '../node/cri-app.ts';
import { podsOf } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { displayName } from '../pods/identity.ts';

export interface TopOptions {
  readonly once: boolean;
  readonly batch: boolean;
  readonly iterations: number;
  /** Seconds between two readings. */
  readonly delay: number;
  readonly containers: boolean;
}

/** Shows the usage live on a terminal, and as a table in a pipe. */
export async function top(layout: NodeLayout, options: TopOptions): Promise<void> {
  const { once, batch, iterations, delay, containers } = options;
  const nodeName = (await podsOf(layout)).find(({ spec }) => spec?.nodeName)?.spec?.nodeName ?? '';
  const nameOf = ({ name: path }: { name: string }) => {
    const [namespace = '', name = '', ...container] = path.split('/');
    const shown = displayName({ metadata: { namespace, name }, spec: { nodeName, containers: [] } });
    return [shown, ...container].join('/');
  };
  const kind = containers ? 'container' : 'pod';
  await withRuntime(layout, (app) =>
    showUsage(app, { once, batch, iterations, delayMs: delay * 1000, kind, nameOf }),
  );
}
