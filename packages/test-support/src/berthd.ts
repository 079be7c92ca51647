// A berthd of the test's own, with every path of its own.
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectCri } from '@berth/cri/client/client.ts';
import type { CgroupDriverName } from '@berth/linux/cgroups/driver.ts';
import { testCgroup, testCgroupDriver } from './cgroup-driver.ts';
import { checkout, type Daemon, startDaemon } from './scratch.ts';

export interface BerthdPaths {
  config: string;
  socket: string;
  root: string;
  state: string;
  cniConfDir: string;
  cniCacheDir: string;
  cgroupParent: string;
}

/**
 * Lays out a node below `dir` and writes its config.yaml; `extra` is appended to it. `root` is the folder of
 * images and container layers, below `dir` unless given.
 */
export function layOutBerthd(
  dir: string,
  options: {
    runtime?: 'crun' | 'runc';
    root?: string;
    cgroupDriver?: CgroupDriverName;
    cniBinDirs?: readonly string[];
    extra?: string;
  } = {},
): BerthdPaths {
  const { cgroupDriver = testCgroupDriver } = options;
  const paths: BerthdPaths = {
    config: join(dir, 'config.yaml'),
    socket: join(dir, 'berth.sock'),
    root: options.root ?? join(dir, 'root'),
    state: join(dir, 'state'),
    cniConfDir: join(dir, 'net.d'),
    cniCacheDir: join(dir, 'cni-cache'),
    cgroupParent: testCgroup(basename(dir), cgroupDriver),
  };
  mkdirSync(paths.cniConfDir, { recursive: true });
  writeFileSync(
    paths.config,
    `listen: ${paths.socket}
root: ${paths.root}
state: ${paths.state}
cgroupDriver: ${cgroupDriver}
cgroupParent: ${paths.cgroupParent}
cni:
  confDir: ${paths.cniConfDir}
  cacheDir: ${paths.cniCacheDir}
${options.cniBinDirs ? `  pluginDirs: ${JSON.stringify(options.cniBinDirs)}\n` : ''}registry:
  configDir: ${join(dir, 'certs.d')}
${options.runtime === undefined ? '' : `defaultRuntime: ${options.runtime}\n`}${options.extra ?? ''}`,
  );
  return paths;
}

/**
 * Starts bin/berthd with the config in `paths` and waits until it answers Version, or for `waitMs`, after which it
 * may be anywhere in its start.
 */
export function startBerthd(
  paths: BerthdPaths,
  dir: string,
  waitMs?: number,
  env: NodeJS.ProcessEnv = {},
): Promise<Daemon> {
  return startDaemon({
    name: 'berthd',
    argv: [join(checkout, 'bin/berthd'), '--config', paths.config],
    dir,
    env,
    ready: async () => {
      if (waitMs !== undefined) {
        await delay(waitMs);
        return true;
      }
      // A client of gRPC is too dear to be made in vain every few milliseconds.
      if (!(await isListening(paths.socket))) return false;
      const client = connectCri(paths.socket);
      try {
        await client.runtime.version({});
        return true;
      } finally {
        client.close();
      }
    },
  });
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
