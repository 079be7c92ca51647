// `berth down`: ends pods and daemons and removes what they left on the machine.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@berth/common/error-message.ts';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import { isPathPart } from '@berth/kubelet/paths/pod-paths.ts';
import { tearDownPodDir } from '@berth/kubelet/volumes/pod-dir.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { mountsBelow } from '@berth/linux/mounts/mount.ts';
import { removeLoopbackGuard } from '@berth/runtime/network/loopback-guard.ts';
import { removeDefaultNetwork } from '@berth/runtime/network/remove-default-network.ts';
import { Paths } from '@berth/runtime/state/paths.ts';
import { UserError } from '../errors/user-error.ts';
import { InstalledManifests } from '../manifests/installed.ts';
import { readManifests } from '../manifests/read.ts';
import { runningDaemon, stopDaemon } from '../node/daemon.ts';
import { kubeletHealth } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { requireRoot } from '../node/root.ts';
import { ensureRuntime, runtimeVersion } from '../node/runtime.ts';
import { isUnitActive, stopSlices, stopUnit } from '../node/units.ts';
import { untilEnded } from '../pods/ending.ts';
import { displayName } from '../pods/identity.ts';
import { type Output, StatusLines } from '../terminal/status-lines.ts';

export interface DownOptions {
  /** Timeout in seconds for pods to terminate gracefully. */
  readonly timeout: number;
}

const networkWaitMs = 3_000;
const networkRecheckMs = 20;

/**
 * Ends the pods of `berth up`, then the kubelet, every other pod of berthd, berthd, and what they left on
 * the machine. Keeps images, hostPath volumes and logs. Stops the daemons of `berth up` and those of Berth's units; a
 * unit that is enabled starts again at the next boot.
 * @throws UserError when something cannot be stopped
 */
export async function down(
  layout: NodeLayout,
  options: DownOptions,
  output: Output = process.stdout,
): Promise<void> {
  requireRoot('berth down');
  const lines = new StatusLines(output);
  try {
    await endPods(layout, lines, options.timeout);
    await endKubelet(layout, lines);
    await endRuntime(layout, lines);
  } finally {
    lines.end();
  }
}

/** Removes the installed manifests and waits while the kubelet ends their pods with their grace periods. */
async function endPods(layout: NodeLayout, lines: StatusLines, timeoutSeconds: number): Promise<void> {
  const installed = new InstalledManifests(layout.manifestRecord);
  const ours = await podsOf(await installed.files(), layout.manifestDir);
  await installed.removeAll();
  if (ours.size === 0 || (await kubeletHealth(layout)) !== 'healthy') return;
  await untilEnded(layout, ours, lines, timeoutSeconds);
}

/** The pods of manifests by UID. A removed or invalid file has no pods to wait for. */
async function podsOf(files: readonly string[], manifestDir: string): Promise<Map<string, string>> {
  const pods = new Map<string, string>();
  for (const file of files) {
    const manifests = await readManifests([file], manifestDir, 'ignore').catch(() => []);
    for (const pod of manifests.flatMap((manifest) => manifest.pods))
      pods.set(pod.metadata.uid, displayName(pod));
  }
  return pods;
}

async function endKubelet(layout: NodeLayout, lines: StatusLines): Promise<void> {
  if (runningDaemon(layout, 'kubelet') === undefined && !isUnitActive(layout, 'kubelet')) {
    if ((await kubeletHealth(layout)) !== 'absent')
      lines.set('kubelet', 'ok', 'kubelet  left running: berth up did not start it');
    return;
  }
  lines.set('kubelet', 'wait', 'kubelet  stopping');
  if (!(await stopDaemon(layout, 'kubelet'))) stopUnit(layout, 'kubelet');
  lines.set('kubelet', 'ok', 'kubelet  stopped');
}

async function endRuntime(layout: NodeLayout, lines: StatusLines): Promise<void> {
  const client = await runtimeToEnd(layout, lines);
  if (client !== undefined) {
    lines.set('berthd', 'wait', 'berthd   ending what is left');
    try {
      const uids = await removeAllPods(client);
      await removePodDirectories(layout, uids);
    } finally {
      client.close();
    }
    if (!(await stopDaemon(layout, 'berthd')) && stopUnit(layout, 'berthd')) await stopSlices();
    lines.set('berthd', 'ok', 'berthd   stopped');
  } else if (runningDaemon(layout, 'berthd') === undefined && (await answersAt(layout.socket))) return;
  await removeRemains(layout);
  lines.set('node', 'ok', 'nothing is left running; images are kept for the next berth up');
}

/** A client of berthd. Restarts berthd if it died and left pods, because only berthd can end them. */
async function runtimeToEnd(layout: NodeLayout, lines: StatusLines): Promise<CriClient | undefined> {
  if (runningDaemon(layout, 'berthd') !== undefined || isUnitActive(layout, 'berthd'))
    return ensureRuntime(layout);
  if (await answersAt(layout.socket)) {
    lines.set('berthd', 'ok', 'berthd   left running with its pods: berth up did not start it');
    return undefined;
  }
  const sandboxes = join(layout.stateDir, 'sandboxes');
  if (!existsSync(sandboxes) || readdirSync(sandboxes).length === 0) return undefined;
  lines.set('berthd', 'wait', 'berthd   starting, to end the pods that it left');
  return ensureRuntime(layout);
}

async function answersAt(socket: string): Promise<boolean> {
  if (!existsSync(socket)) return false;
  const client = connectCri(socket);
  try {
    return (await runtimeVersion(client)) !== undefined;
  } finally {
    client.close();
  }
}

/** Ends every pod of the runtime and returns their UIDs. */
async function removeAllPods({ runtime }: CriClient): Promise<string[]> {
  const { items } = await runtime.listPodSandbox({});
  const results = await Promise.allSettled(
    items.map(async ({ id: podSandboxId }) => {
      await runtime.stopPodSandbox({ podSandboxId });
      await runtime.removePodSandbox({ podSandboxId });
    }),
  );
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [messageOf(result.reason)] : [],
  );
  if (failures.length > 0) throw new UserError(`could not end every pod:\n${failures.join('\n')}`);
  return items.flatMap(({ metadata }) => (metadata && isPathPart(metadata.uid) ? [metadata.uid] : []));
}

/** Removes the pod directories that a killed kubelet left: volumes and the files mounted for containers. */
async function removePodDirectories(layout: NodeLayout, uids: readonly string[]): Promise<void> {
  if ((await kubeletHealth(layout)) !== 'absent') return;
  const rootDir = dirname(layout.kubeletSocket);
  for (const uid of uids) await tearDownPodDir(uid, { rootDir });
}

/** Removes what outlives the daemons: network rules, the default bridge, empty cgroups, sockets, pid files. */
async function removeRemains(layout: NodeLayout): Promise<void> {
  // The kernel removes the interfaces of a deleted network namespace asynchronously.
  const deadline = Date.now() + networkWaitMs;
  const file = () => existsSync(join(layout.cniConfDir, '87-berth.conflist'));
  while (file() && !(await removeDefaultNetwork({ confDir: layout.cniConfDir })) && Date.now() < deadline) {
    await sleep(networkRecheckMs);
  }
  if (!file()) removeLoopbackGuard();
  const cgroups = detectCgroups();
  for (const path of layout.cgroups) {
    if (cgroups.processes(path).length === 0) await cgroups.remove(path);
  }
  const { shiftedRoots } = new Paths({ root: layout.imageDir, state: layout.stateDir });
  for (const dir of new Set([layout.runDir, layout.stateDir, shiftedRoots])) {
    if (mountsBelow(dir).length === 0) await removeTree(dir);
  }
}
