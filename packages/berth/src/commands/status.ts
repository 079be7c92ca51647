// `berth status`: whether the daemons run, and the pods.
import { messageOf } from '@berth/common/error-message.ts';
import { connectCri } from '@berth/cri/client/client.ts';
import { type DaemonName, runningDaemon } from '../node/daemon.ts';
import { kubeletPods } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { runtimeVersion } from '../node/runtime.ts';
import { podTable } from '../pods/table.ts';
import { formatLine, type Output } from '../terminal/status-lines.ts';

/**
 * Prints whether the runtime and the kubelet run, and the pods.
 * @returns whether both run and are ready
 */
export async function status(layout: NodeLayout, output: Output = process.stdout): Promise<boolean> {
  const problems = await runtimeProblems(layout);
  const pods = await kubeletPods(layout).catch(() => undefined);
  for (const [name, problem, place] of [
    ['berthd', problems, layout.socket],
    ['kubelet', pods === undefined ? 'does not answer' : undefined, `watching ${layout.manifestDir}`],
  ] as const) {
    const text = `${name.padEnd(8)} ${problem ?? `${place}${pidOf(layout, name)}`}`;
    output.write(`${formatLine(problem === undefined ? 'ok' : 'FAIL', text)}\n`);
  }
  if (pods !== undefined && pods.length > 0) output.write(`\n${podTable(pods, new Date())}\n`);
  if (pods === undefined || problems !== undefined) output.write(`\n${advice()}\n`);
  return problems === undefined && pods !== undefined;
}

function advice(): string {
  return process.geteuid?.() === 0
    ? 'Start it with: berth up'
    : 'The daemons answer root only: sudo berth status';
}

/** Why the runtime cannot run pods; undefined when it can. */
async function runtimeProblems({ socket }: NodeLayout): Promise<string | undefined> {
  const client = connectCri(socket);
  try {
    if ((await runtimeVersion(client)) === undefined) return `does not answer at ${socket}`;
    const { status } = await client.runtime.status({});
    const failing = (status?.conditions ?? []).filter((condition) => !condition.status);
    if (failing.length === 0) return undefined;
    return failing.map(({ type, reason, message }) => `${type} is false: ${reason}: ${message}`).join('; ');
  } catch (error) {
    return messageOf(error);
  } finally {
    client.close();
  }
}

function pidOf(layout: NodeLayout, name: DaemonName): string {
  const daemon = runningDaemon(layout, name);
  return daemon === undefined ? '' : `   pid ${daemon.pid}`;
}
