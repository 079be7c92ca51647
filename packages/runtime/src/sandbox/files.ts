import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { DNSConfig, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { hasCode } from '@berth/linux/errno.ts';
import { mount, unmount } from '@berth/linux/mount.ts';
import { lchown } from '@berth/linux/ownership.ts';
import { contextOption, setLabel } from '@berth/linux/selinux.ts';
import type { SandboxPaths } from '../paths.ts';
import { podRoot, type SandboxNamespaces } from '../state/sandbox.ts';

/** Size of a pod's /dev/shm in bytes, the same that other runtimes give. */
const shmBytes = 64 * 1024 * 1024;

/** Writes the files that a sandbox's containers share, and mounts their /dev/shm. All in the sandbox's directory. */
export function makeSandboxFiles(
  paths: SandboxPaths,
  config: PodSandboxConfig,
  {
    hostname,
    namespaces,
    label,
  }: {
    hostname: string;
    namespaces: SandboxNamespaces;
    /** Of SELinux; undefined or empty for none. */
    label?: string | undefined;
  },
): void {
  const { uid, gid } = podRoot(namespaces);
  const write = (path: string, text: string) => {
    writeFileSync(path, text, { mode: 0o644 });
    if (uid !== 0 || gid !== 0) lchown(path, uid, gid);
    if (label) setLabel(path, label);
  };
  mkdirSync(paths.namespaces, { recursive: true, mode: 0o700 });
  write(paths.hostname, `${hostname}\n`);
  write(paths.resolvConf, resolvConf(config.dnsConfig) ?? hostFile('/etc/resolv.conf'));
  // A copy: a container may write to its own, and its root is the host's.
  if (namespaces.hostNetwork) write(paths.hosts, hostFile('/etc/hosts'));
  if (!namespaces.hostIpc) {
    mkdirSync(paths.shm, { mode: 0o700 });
    mount({
      source: 'shm',
      target: paths.shm,
      fstype: 'tmpfs',
      flags: ['nosuid', 'nodev', 'noexec'],
      data: [
        `mode=1777,size=${shmBytes},uid=${uid},gid=${gid}`,
        ...(label ? [contextOption(label)] : []),
      ].join(','),
    });
  }
}

/** Unmounts what makeSandboxFiles mounted. */
export function unmountShm(paths: SandboxPaths): void {
  unmount(paths.shm, { detach: true, ifMounted: true });
}

/** The text of resolv.conf for a DNS config; undefined when it says nothing and the host's is to be used. */
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

function hostFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}
