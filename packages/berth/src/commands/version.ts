// `berth version`: the versions of this command and of every part that runs.

import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { berthVersion } from '@berth/common/version.ts';
import { connectCri } from '@berth/cri/client/client.ts';
import { version as crictlVersion } from '@berth/crictl/app/version.ts';
import { listenerOf } from '@berth/linux/sockets/peer-credentials.ts';
import type { Config } from '@berth/runtime/config/config.ts';
import { http } from '../node/http.ts';
import type { NodeLayout } from '../node/layout.ts';
import { reach } from '../node/reach.ts';
import { runtimeVersion } from '../node/runtime.ts';
import type { Output } from '../terminal/status-lines.ts';
import { formatTable } from '../terminal/table.ts';
import { buildProblem, runningBuild } from '../version/build.ts';
import { pluginVersions, programVersion } from '../version/programs.ts';

const timeoutMs = 5_000;

/** The settings that say which programs berthd starts. */
export type Programs = Pick<Config, 'conmon' | 'runtimes'> & { cni: Pick<Config['cni'], 'pluginDirs'> };

/** Prints the versions, and which daemons were started from another build. */
export async function version(
  layout: Pick<NodeLayout, 'binDir' | 'socket' | 'kubeletSocket'>,
  { conmon, runtimes, cni }: Programs,
  output: Output = process.stdout,
): Promise<void> {
  const [runtime, kubelet, ...programs] = await Promise.all([
    criVersion(layout.socket),
    kubeletVersion(layout.kubeletSocket),
    ...[...Object.values(runtimes).map(({ path }) => path), conmon].map(programVersion),
  ]);
  const root = dirname(layout.binDir);
  const daemons = await Promise.all([
    daemonRow('berthd', runtime, layout.socket),
    daemonRow('kubelet', kubelet, layout.kubeletSocket),
  ]);
  const rows = [
    ['berth', `${berthVersion}   ${root}`],
    ...daemons.map(({ name, text, socket }) => [
      name,
      [text, ...processWords(socket, name, root)].join('   '),
    ]),
    ['crictl', crictlVersion],
    ...[...programs, ...(await pluginVersions(cni.pluginDirs))].map(({ name, version }) => [name, version]),
    ['Node.js', process.versions.node],
    ['kernel', release()],
  ];
  output.write(`${formatTable(rows)}\n`);
}

/** A daemon with its version, or why there is none to tell. */
async function daemonRow(name: string, found: string | undefined, socket: string) {
  if (found !== undefined) return { name, text: found, socket };
  const isForbidden = (await reach(socket)) === 'forbidden';
  return {
    name,
    text: isForbidden ? `permission denied at ${socket}: sudo berth version` : 'does not run',
    socket: undefined,
  };
}

async function criVersion(socket: string): Promise<string | undefined> {
  const client = connectCri(socket);
  try {
    const found = await runtimeVersion(client);
    return found === undefined ? undefined : `${found.name} ${found.version}`;
  } finally {
    client.close();
  }
}

/** The version of the kubelet that runs, from its metrics. */
async function kubeletVersion(socketPath: string): Promise<string | undefined> {
  try {
    const { status, body } = await http({ socketPath }, { path: '/metrics', timeoutMs });
    const found = /^kubernetes_build_info\{.*\bgit_version="([^"]*)"/m.exec(body)?.[1];
    return found ?? `answers /metrics with ${status}`;
  } catch {
    return undefined;
  }
}

/** The process that listens on a socket, and what is wrong with its build. */
function processWords(socket: string | undefined, name: string, root: string): string[] {
  if (socket === undefined) return [];
  try {
    const { pid } = listenerOf(socket);
    const build = runningBuild(pid, join(root, 'dist', `${name}.mjs`));
    const problem = build && buildProblem(build, root);
    return [`pid ${pid}`, ...(problem === undefined ? [] : [problem])];
  } catch {
    // It has ended since it answered.
    return [];
  }
}
