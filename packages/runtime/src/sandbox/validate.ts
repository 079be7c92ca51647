// Validates a sandbox's config and forms its reserved name, for RunPodSandbox. Pure.

import { posix } from 'node:path';
import { argumentProblem } from '@berth/cni/spec/names.ts';
import {
  type DNSConfig,
  NamespaceMode,
  type NamespaceOption,
  type PodSandboxConfig,
  type PodSandboxMetadata,
} from '@berth/cri/generated/api.ts';
import { invalid } from '../rpc/errors.ts';
import type { Warn } from '../rpc/warn.ts';
import { refuseControlCharacters } from '../validation/control-characters.ts';
import { checkNameLength, refuseTooMuch } from '../validation/request-bounds.ts';
import { refuseUnusableStrings } from '../validation/unusable-strings.ts';
import { validatePortMappings } from './port-mappings.ts';
import { validateUserNamespace } from './user-namespace.ts';

/** A sandbox's config after all checks that do not depend on the machine. */
export interface ValidSandboxConfig extends PodSandboxConfig {
  readonly metadata: PodSandboxMetadata;
}

/** Maximum size of the DNS config, from which resolv.conf is written. */
const maxDnsBytes = 32 * 1024;

const namespaceField = 'config.linux.security_context.namespace_options';

/**
 * Refuses a config that cannot become a sandbox; the error names the field. `warn` reports settings that other
 * runtimes accept without effect.
 */
export function validateSandboxConfig(config: PodSandboxConfig | undefined, warn: Warn): ValidSandboxConfig {
  if (config === undefined) throw invalid('config', 'is required');
  refuseTooMuch(config, 'config');
  refuseUnusableStrings(config, 'config');
  const { metadata } = config;
  if (metadata === undefined) throw invalid('config.metadata', 'is required');
  for (const field of ['name', 'namespace', 'uid'] as const) {
    checkNameLength(metadata[field], `config.metadata.${field}`);
    const problem = argumentProblem(metadata[field]);
    if (problem !== undefined) throw invalid(`config.metadata.${field}`, problem);
  }
  if (config.windows !== undefined) warn('config.windows', 'ignored: this is a Linux node');
  if (Buffer.byteLength(config.hostname) > 64) {
    throw invalid(
      'config.hostname',
      `${JSON.stringify(config.hostname)} is longer than the 64 bytes that Linux allows`,
    );
  }
  refuseControlCharacters(config.hostname, 'config.hostname');
  refuseControlCharacters(config.linux?.cgroupParent ?? '', 'config.linux.cgroup_parent');
  validateDns(config.dnsConfig);
  validatePortMappings(config.portMappings);
  const security = config.linux?.securityContext;
  validateNamespaces(security?.namespaceOptions, warn);
  return { ...config, metadata, logDirectory: absoluteLogDirectory(config.logDirectory, warn) };
}

/**
 * Resolves the path against the root. Warns about a relative path, and about `..`, which is ambiguous with symbolic
 * links.
 */
function absoluteLogDirectory(path: string, warn: Warn): string {
  if (path === '') return '';
  const absolute = posix.resolve('/', path);
  if (!path.startsWith('/') || path.split('/').includes('..')) {
    warn('config.log_directory', `${JSON.stringify(path)} is taken as ${absolute}`);
  }
  return absolute;
}

/** Refuses control characters: each entry is a word in a line of resolv.conf. */
function validateDns(dns: DNSConfig | undefined): void {
  let bytes = 0;
  for (const list of ['servers', 'searches', 'options'] as const) {
    for (const [index, text] of (dns?.[list] ?? []).entries()) {
      refuseControlCharacters(text, `config.dns_config.${list}[${index}]`);
      bytes += Buffer.byteLength(text) + 1;
    }
  }
  if (bytes > maxDnsBytes) {
    throw invalid('config.dns_config', `is ${bytes} bytes, more than any resolver reads`);
  }
}

/** Every mode but NODE means the pod's own, as in containerd. */
function validateNamespaces(options: NamespaceOption | undefined, warn: Warn): void {
  if (options === undefined) return;
  const { network, ipc, pid, targetId } = options;
  for (const [name, mode] of [
    ['network', network],
    ['ipc', ipc],
  ] as const) {
    if (mode !== NamespaceMode.POD && mode !== NamespaceMode.NODE) {
      warn(`${namespaceField}.${name}`, 'taken as POD: a sandbox has POD or NODE');
    }
  }
  if (pid === NamespaceMode.TARGET || targetId !== '') {
    warn(`${namespaceField}.pid`, 'TARGET is ignored: it is for containers, not for sandboxes');
  }
  validateUserNamespace(options);
}

/** The reserved name of a sandbox, as CRI-O forms it. */
export function sandboxName({ name, namespace, uid, attempt }: PodSandboxMetadata): string {
  return ['k8s', name, namespace, uid, attempt].join('_');
}
