// Checks each prerequisite of a node without changing anything.
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { messageOf } from '@berth/common/error-message.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { findProgram } from '@berth/runtime/host/programs.ts';
import { damagedImages } from '@berth/runtime/image/damage.ts';
import { cgroupProblem, readCgroupTree } from '@berth/runtime/oci-runtime/detect.ts';
import { vulnerabilityAdvice } from '@berth/runtime/oci-runtime/vulnerability-check.ts';
import type { NodeLayout } from '../node/layout.ts';
import type { Finding } from './finding.ts';
import { hostFindings } from './host-checks.ts';
import { findPrerequisite, prerequisites } from './prerequisites.mjs';
import { readHostFacts } from './read-host-facts.ts';

const neededControllers = ['cpu', 'cpuset', 'memory', 'pids'] as const;
const neededNamespaces = ['ipc', 'mnt', 'net', 'pid', 'uts'] as const;
const minFreeBytes = 1024 ** 3;

/** Checks all prerequisites; changes nothing. */
export async function examine(layout: NodeLayout): Promise<Finding[]> {
  return [
    ...programs(),
    root(),
    namespaces(),
    overlay(),
    cgroups(),
    ociRuntime(),
    ...knownVulnerabilities(layout),
    nodeJs(),
    space(layout),
    ...hostFindings(await readHostFacts(layout)),
    ...images(layout),
  ];
}

function programs(): Finding[] {
  return prerequisites
    .filter(({ test }) => test !== true)
    .map((prerequisite) => {
      const { name, why, source } = prerequisite;
      const path = findPrerequisite(prerequisite);
      if (path !== undefined) return { name, detail: path };
      const todo = `apt-get install ${prerequisite.package} (or npm run setup), or get it from ${source}`;
      return { name, detail: `missing: ${why}`, todo };
    });
}

function root(): Finding {
  if (process.geteuid?.() === 0) return { name: 'root', detail: 'yes' };
  return { name: 'root', detail: 'no', todo: 'run berth as root: it makes namespaces, mounts and cgroups' };
}

function namespaces(): Finding {
  const missing = neededNamespaces.filter((name) => !existsSync(`/proc/self/ns/${name}`));
  if (missing.length === 0) return { name: 'namespaces', detail: neededNamespaces.join(', ') };
  return {
    name: 'namespaces',
    detail: `missing: ${missing.join(', ')}`,
    todo: 'use a kernel with CONFIG_NAMESPACES',
  };
}

function overlay(): Finding {
  const known = readFileSync('/proc/filesystems', 'utf8').includes('\toverlay\n');
  if (known) return { name: 'overlayfs', detail: 'known to the kernel' };
  return { name: 'overlayfs', detail: 'not known to the kernel', todo: 'modprobe overlay' };
}

function cgroups(): Finding {
  try {
    const { version, controllers } = detectCgroups();
    const missing = neededControllers.filter((name) => !controllers.has(name));
    if (missing.length === 0)
      return { name: 'cgroups', detail: `${version}, with ${neededControllers.join(', ')}` };
    const todo = 'enable them on the kernel command line, for example cgroup_enable=memory';
    return { name: 'cgroups', detail: `${version}, without ${missing.join(', ')}`, todo };
  } catch (error) {
    return {
      name: 'cgroups',
      detail: messageOf(error),
      todo: 'mount the cgroup file systems at /sys/fs/cgroup',
    };
  }
}

function ociRuntime(): Finding {
  const tree = readCgroupTree();
  const crun = cgroupProblem('crun', tree);
  if (crun === undefined) return { name: 'OCI runtime', detail: 'crun' };
  const runc = cgroupProblem('runc', tree);
  if (runc === undefined) return { name: 'OCI runtime', detail: `runc, because ${crun}` };
  return { name: 'OCI runtime', detail: runc, todo: 'see cgroups above' };
}

/** A row for each configured OCI runtime with known vulnerabilities. */
function knownVulnerabilities({ ociRuntimes }: NodeLayout): Finding[] {
  return ociRuntimes.flatMap((program) => {
    const path = findExecutable(program);
    const advice = path === undefined ? undefined : vulnerabilityAdvice(path);
    if (advice === undefined) return [];
    return [{ name: 'OCI runtime', detail: advice.problem, todo: advice.todo, optional: true }];
  });
}

function findExecutable(program: string): string | undefined {
  try {
    return findProgram(program, program);
  } catch {
    // ociRuntime() reports a runtime that the node needs and lacks.
    return undefined;
  }
}

function nodeJs(): Finding {
  const { node = '' } = process.versions;
  const name = 'Node.js';
  if (Number.parseInt(node, 10) >= 26) return { name, detail: node };
  return {
    name,
    detail: node,
    todo: 'start berth by bin/berth, which uses the Node.js that npm run setup brings',
  };
}

function space({ imageDir }: NodeLayout): Finding {
  const { bavail, bsize } = statfsSync(nearest(imageDir));
  const free = bavail * bsize;
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free for ${imageDir}`;
  return free >= minFreeBytes
    ? { name: 'disk', detail }
    : { name: 'disk', detail, todo: 'make room, or set root in /etc/berth/config.yaml to a larger disk' };
}

/** A row for each image that lacks a layer on disk. */
function images({ imageDir }: NodeLayout): Finding[] {
  try {
    return damagedImages(imageDir).map(({ name, directory, damage }) => ({
      name: 'image',
      detail: `${name}: ${directory === undefined ? 'a layer of it' : directory} is ${damage}`,
      todo: `crictl pull ${name} (or berth image load, where it came from an archive)`,
      optional: true,
    }));
  } catch (error) {
    const todo = 'run berth doctor again; if it stays, berthd tells more when it starts';
    return [{ name: 'images', detail: `cannot be looked at: ${messageOf(error)}`, todo, optional: true }];
  }
}

function nearest(dir: string): string {
  return existsSync(dir) ? dir : nearest(dir.replace(/\/[^/]*$/, '') || '/');
}
