// The files that a pod's containers share: /etc/hostname, hosts and resolv.conf, and /dev/shm.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import type { DNSConfig, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { lchown } from '@berth/linux/files/ownership.ts';
import { mount, unmountAll } from '@berth/linux/mounts/mount.ts';
import { contextOption } from '@berth/linux/security/selinux-context.ts';
import type { SandboxPaths } from '../state/paths.ts';
import { podRoot, type SandboxNamespaces } from '../state/sandbox.ts';

/** Size of a pod's /dev/shm in bytes, the same as in other runtimes. */
const shmBytes = 64 * 1024 * 1024;
/** Bytes that containers may add to the shared files, which they can write. */
const spareFileBytes = 1024 * 1024;

interface SandboxFilesOptions {
  readonly hostname: string;
  readonly namespaces: SandboxNamespaces;
  /** SELinux label; undefined or empty for none. */
  readonly label?: string | undefined;
}

/** Creates the files that a sandbox's containers share, in the sandbox's directory, and mounts their /dev/shm. */
export function makeSandboxFiles(
  paths: SandboxPaths,
  config: PodSandboxConfig,
  options: SandboxFilesOptions,
): void {
  const { namespaces, label } = options;
  mkdirSync(paths.namespaces, { recursive: true, mode: 0o700 });
  mountEtcFiles(paths, config, options);
  if (!namespaces.hostIpc) {
    const { uid, gid } = podRoot(namespaces);
    mkdirSync(paths.shm, { mode: 0o700 });
    mountTmpfs(paths.shm, [`mode=1777,size=${shmBytes},uid=${uid},gid=${gid}`], label);
  }
}

/**
 * Writes /etc/hostname, /etc/resolv.conf and /etc/hosts of the sandbox's containers. A container's root may write
 * to them, so they are on a small tmpfs with nosuid: a container can neither fill the file system of the state
 * directory (CVE-2020-8557) nor leave a setuid program.
 */
export function mountEtcFiles(
  paths: SandboxPaths,
  config: PodSandboxConfig,
  { hostname, namespaces, label }: SandboxFilesOptions,
): void {
  const { uid, gid } = podRoot(namespaces);
  const files = new Map([
    [paths.hostname, `${hostname}\n`],
    [paths.resolvConf, resolvConf(config.dnsConfig) ?? hostFile('/etc/resolv.conf')],
    // A copy, as in containerd: containers may write to it. A kubelet mounts its own file over it.
    [paths.hosts, hostFile('/etc/hosts')],
  ]);
  const bytes = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), spareFileBytes);
  // Remove mounts that a killed recovery left.
  unmountAll(paths.etc);
  mkdirSync(paths.etc, { recursive: true, mode: 0o700 });
  // user.* attributes on tmpfs count as inodes on newer kernels.
  mountTmpfs(paths.etc, ['mode=0700', `size=${bytes}`, 'nr_inodes=16'], label);
  for (const [path, text] of files) {
    writeFileSync(path, text, { mode: 0o644 });
    if (uid !== 0 || gid !== 0) lchown(path, uid, gid);
  }
}

/** Whether all files of mountEtcFiles exist; an older berthd had them elsewhere. */
export function hasEtcFiles(paths: SandboxPaths): boolean {
  return [paths.hostname, paths.resolvConf, paths.hosts].every(existsSync);
}

/** Mounts a tmpfs for data (nosuid, nodev, noexec). `label` is SELinux's; undefined or empty for none. */
export function mountTmpfs(target: string, options: readonly string[], label: string | undefined): void {
  mount({
    source: basename(target),
    target,
    fstype: 'tmpfs',
    flags: ['nosuid', 'nodev', 'noexec'],
    data: [...options, ...(label ? [contextOption(label)] : [])].join(','),
  });
}

/** Unmounts the mounts of makeSandboxFiles. Idempotent. */
export function unmountSandboxFiles({ shm, etc }: SandboxPaths): void {
  unmountAll(shm);
  unmountAll(etc);
}

/** The text of resolv.conf for a DNS config; undefined when it is empty and the host's file is used. */
export function resolvConf(dns: DNSConfig | undefined): string | undefined {
  if (dns === undefined) return undefined;
  const { servers, searches, options } = dns;
  if (servers.length + searches.length + options.length === 0) return undefined;
  const lines: string[] = [];
  if (searches.length > 0) lines.push(`search ${searches.join(' ')}`);
  for (const server of servers) lines.push(`nameserver ${server}`);
  if (options.length > 0) lines.push(`options ${options.join(' ')}`);
  return `${lines.join('\n')}\n`;
}

/** Maximum size of the node's hosts file, which may be a long blocklist. */
const maxHostFileBytes = 16 * 1024 * 1024;

function hostFile(path: string): string {
  try {
    return readRegularFileSync(path, { maxBytes: maxHostFileBytes }).toString();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}
