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

/** A sandbox's config with everything checked that can be checked without looking at the machine. */
export interface ValidSandboxConfig extends PodSandboxConfig {
  readonly metadata: PodSandboxMetadata;
}

/** Of resolv.conf, which the pod keeps. */
const maxDnsBytes = 32 * 1024;

const namespaceField = 'config.linux.security_context.namespace_options';

/**
 * Refuses a config that cannot become a sandbox here; the error names the field. What other runtimes run all the same
 * is told to `warn`.
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

/** Without `..`, which are no parent directories where symbolic links are; a relative one is from the root. */
function absoluteLogDirectory(path: string, warn: Warn): string {
  if (path === '') return '';
  const absolute = posix.resolve('/', path);
  if (!path.startsWith('/') || path.split('/').includes('..')) {
    warn('config.log_directory', `${JSON.stringify(path)} is taken as ${absolute}`);
  }
  return absolute;
}

/** Each of these is a word of one line of resolv.conf, where a newline would begin a line of its own. */
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

/** Whatever is not the node's is the pod's own, as in containerd. */
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
