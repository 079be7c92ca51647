// Reads what host-checks.ts judges from this machine; changes nothing.
import { accessSync, constants, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { release } from 'node:os';
import { dirname } from 'node:path';
import { loadConfLists } from '@berth/cni/config/load.ts';
import { findPlugin } from '@berth/cni/plugin/find-plugin.ts';
import { plainMessage } from '@berth/common/errno-text.ts';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { processStat } from '@berth/linux/processes/process.ts';
import { isSystemdRunning } from '@berth/linux/systemd/running.ts';
import { readAppArmor } from '@berth/runtime/apparmor/detect.ts';
import { readConfig } from '@berth/runtime/config/read.ts';
import { runningDaemon } from '../node/daemon.ts';
import type { NodeLayout } from '../node/layout.ts';
import { reach } from '../node/reach.ts';
import type { HostFacts, NetworkFile, TakenPort } from './host-facts.ts';
import { listeningSockets } from './listening-sockets.ts';

/** Sockets of other container runtimes. */
const otherRuntimes = [
  { name: 'containerd', socket: '/run/containerd/containerd.sock' },
  { name: 'CRI-O', socket: '/run/crio/crio.sock' },
  { name: 'Docker', socket: '/run/docker.sock' },
  { name: 'cri-dockerd', socket: '/run/cri-dockerd.sock' },
] as const;

/** Reads all facts. */
export async function readHostFacts(layout: NodeLayout): Promise<HostFacts> {
  const kubeletAnswers = (await reach(layout.kubeletSocket)) === 'open';
  const runtimes = await Promise.all(
    otherRuntimes.map(async (each) => ((await reach(each.socket)) === 'open' ? [each] : [])),
  );
  return {
    settingsProblem: settingsProblem(),
    takenPorts: takenPorts(),
    kubeletAnswers,
    swaps: read('/proc/swaps') ?? '',
    networks: await networks(layout),
    cniConfDir: layout.cniConfDir,
    interfaces: names('/sys/class/net'),
    runtimes: runtimes.flat(),
    otherKubelets: kubeletAnswers ? [] : otherKubelets(layout),
    cgroupVersion: cgroupVersion(),
    cgroupDriver: layout.cgroupDriver,
    isSystemd: isSystemdRunning(),
    appArmor: {
      enabled: readAppArmor().enabled,
      canList: process.geteuid?.() !== 0 || read('/sys/kernel/security/apparmor/profiles') !== undefined,
    },
    kernel: {
      release: release(),
      hasSeccomp: existsSync('/proc/sys/kernel/seccomp/actions_avail'),
      userNamespaces: number(read('/proc/sys/user/max_user_namespaces')),
    },
    directories: [
      layout.imageDir,
      layout.stateDir,
      layout.logDir,
      dirname(layout.kubeletSocket),
      layout.manifestDir,
      layout.cniConfDir,
    ].map((path) => ({ path, problem: writeProblem(path) })),
  };
}

function settingsProblem(): string | undefined {
  try {
    readConfig(undefined, () => {});
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The TCP ports that something listens on, with the processes where root asks. */
function takenPorts(): TakenPort[] {
  const sockets = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeningSockets(read(file) ?? ''));
  const wanted = new Set(sockets.map(({ inode }) => `socket:[${inode}]`));
  const owners = new Map<string, number>();
  for (const pid of pids()) for (const link of openFiles(pid)) if (wanted.has(link)) owners.set(link, pid);
  return sockets.map(({ port, inode }) => {
    const pid = owners.get(`socket:[${inode}]`);
    const stat = pid === undefined ? undefined : processStat(pid);
    return { port, owner: stat && { pid: stat.pid, command: stat.command } };
  });
}

function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((name) => linkAt(`${folder}/${name}`) ?? []);
  } catch {
    // It has ended, or belongs to another user.
    return [];
  }
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Processes with the name of a kubelet, except the one of `berth up`. */
function otherKubelets(layout: NodeLayout): number[] {
  const own = runningDaemon(layout, 'kubelet')?.pid;
  return pids().filter((pid) => pid !== own && processStat(pid)?.command === 'kubelet');
}

async function networks({ cniConfDir, cniPluginDirs }: NodeLayout): Promise<HostFacts['networks']> {
  try {
    const files: NetworkFile[] = [];
    for (const { file, list, error } of await loadConfLists(cniConfDir)) {
      const plugins = list?.plugins ?? [];
      let problem = error?.message;
      for (const { type } of plugins) {
        if ((await findPlugin(type, cniPluginDirs)) === undefined)
          problem ??= `${file}: plugin ${JSON.stringify(type)} is not installed in ${cniPluginDirs.join(', ')}`;
      }
      files.push({ file, name: list?.name ?? '', problem, bridges: bridgesOf(list?.text ?? '') });
    }
    return files;
  } catch (error) {
    return { problem: `${cniConfDir} cannot be read: ${plainMessage(error)}` };
  }
}

/** The names of bridges in the text of a configuration. */
function bridgesOf(text: string): string[] {
  return [...text.matchAll(/"bridge"\s*:\s*"([^"]+)"/g)].flatMap(([, name]) => name ?? []);
}

function cgroupVersion(): string | undefined {
  try {
    return detectCgroups().version;
  } catch {
    return undefined;
  }
}

/** Why nothing can be written below a path, or below its nearest existing parent. */
function writeProblem(path: string): string | undefined {
  for (let directory = path; ; directory = dirname(directory)) {
    try {
      accessSync(directory, constants.W_OK);
      return undefined;
    } catch (error) {
      if (hasCode(error, 'ENOENT') && directory !== '/') continue;
      // Another row says that this needs root.
      if (process.geteuid?.() !== 0 && hasCode(error, 'EACCES', 'EPERM')) return undefined;
      return plainMessage(error).replace(`${directory}: `, directory === path ? '' : `${directory}: `);
    }
  }
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function number(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text.trim());
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
