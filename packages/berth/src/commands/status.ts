// `berth status`: whether the daemons run, and the pods.
import { messageOf } from '@berth/common/error-message.ts';
import { printable } from '@berth/common/printable.ts';
import { connectCri } from '@berth/cri/client/client.ts';
import { type DaemonName, runningDaemon } from '../node/daemon.ts';
import { kubeletPods, kubeletRejections } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { accessAdvice, reach } from '../node/reach.ts';
import { runtimeVersion } from '../node/runtime.ts';
import { nodeProblems } from '../pods/problems.ts';
import { podTable } from '../pods/table.ts';
import { wrap } from '../terminal/layout.ts';
import { formatLine, markWidth, type Output, paint } from '../terminal/status-lines.ts';

/**
 * Prints whether the runtime and the kubelet run, the pods, and what fails: pods, and manifests that do not run.
 * @returns whether both run and are ready, and nothing fails
 */
export async function status(layout: NodeLayout, output: Output = process.stdout): Promise<boolean> {
  const problems = await runtimeProblems(layout);
  const [pods, rejected = []] = await Promise.all([
    kubeletPods(layout).catch(() => undefined),
    kubeletRejections(layout).catch(() => undefined),
  ]);
  const kubeletProblem = pods === undefined ? await absence(layout.kubeletSocket) : undefined;
  for (const [name, problem, place] of [
    ['berthd', problems, layout.socket],
    ['kubelet', kubeletProblem, `watching ${layout.manifestDir}`],
  ] as const) {
    const text = `${name.padEnd(8)} ${problem ?? `${place}${pidOf(layout, name)}`}`;
    output.write(`${paint(formatLine(problem === undefined ? 'ok' : 'FAIL', text), output)}\n`);
  }
  const columns = output.isTTY ? output.columns || 80 : Number.POSITIVE_INFINITY;
  if (pods !== undefined && pods.length > 0) output.write(`\n${podTable(pods, new Date(), { columns })}\n`);
  const failing = nodeProblems(pods ?? [], rejected, Date.now()).map(({ subject, message }) =>
    paint(wrap(formatLine('FAIL', printable(`${subject}   ${message}`)), columns, markWidth), output),
  );
  if (failing.length > 0) output.write(`\n${failing.join('\n')}\n`);
  if (pods === undefined || problems !== undefined) output.write(`\n${await advice(layout)}\n`);
  return problems === undefined && pods !== undefined && failing.length === 0;
}

async function advice({ socket, kubeletSocket }: NodeLayout): Promise<string> {
  if ((await reach(socket)) === 'forbidden')
    return `To see whether they run, ${accessAdvice('berth status')}`;
  if ((await reach(kubeletSocket)) === 'forbidden') return 'The kubelet answers root only: sudo berth status';
  return 'Start it with: berth up';
}

/** Why nothing answers at a socket. */
async function absence(socket: string): Promise<string> {
  return (await reach(socket)) === 'forbidden'
    ? `permission denied at ${socket}`
    : `does not answer at ${socket}`;
}

/** Why the runtime cannot run pods; undefined when it can. */
async function runtimeProblems({ socket }: NodeLayout): Promise<string | undefined> {
  const client = connectCri(socket);
  try {
    if ((await runtimeVersion(client)) === undefined) return await absence(socket);
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
