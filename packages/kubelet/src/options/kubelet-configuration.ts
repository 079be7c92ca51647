// Reads a KubeletConfiguration file (kubelet.config.k8s.io/v1beta1). Logs fields that the real kubelet ignores. Refuses
// fields that the real kubelet supports and this one does not.

import { messageOf } from '@berth/common/error-message.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { nearestName } from '../api/field-error.ts';
import { ManifestSyntaxError, readManifestDocuments } from '../api/manifest-text.ts';
import type { JsonObject } from '../api/pod-shape.ts';
import { type DropInFile, mergePatch } from './drop-in-files.ts';
import { loggingPaths } from './logging-settings.ts';
import { fields, isSetting, type Settings, setFromValue } from './settings.ts';
import { isEmpty, isWithoutEffect, reasonToIgnore, unsupportedSettings } from './unsupported-settings.ts';

/** The kubelet cannot start with this configuration; the message names the field. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError';
}

/** Fields that are nested in the file and flat in Settings. */
export const grouped: Readonly<Record<string, keyof Settings>> = {
  'authentication.anonymous.enabled': 'anonymousAuth',
  'authentication.webhook.cacheTTL': 'webhookCacheTTL',
  'authentication.webhook.enabled': 'webhookAuth',
  'authentication.x509.clientCAFile': 'clientCAFile',
  'authorization.mode': 'authorizationMode',
  'authorization.webhook.cacheAuthorizedTTL': 'accessAllowedTTL',
  'authorization.webhook.cacheUnauthorizedTTL': 'accessDeniedTTL',
  'crashLoopBackOff.maxContainerRestartPeriod': 'maxContainerRestartPeriod',
  ...loggingPaths,
  'logging.verbosity': 'verbosity',
  'memorySwap.swapBehavior': 'swapBehavior',
  'userNamespaces.idsPerPod': 'userNamespacesIdsPerPod',
};

const known: ReadonlySet<string> = new Set([
  ...Object.keys(fields).filter((name) => !Object.values(grouped).some((setting) => setting === name)),
  ...Object.keys(grouped),
  ...Object.keys(unsupportedSettings),
]);

/** Names of the groups: everything before a dot. */
const groups: ReadonlySet<string> = new Set(
  [...known].flatMap((path) =>
    path
      .split('.')
      .slice(0, -1)
      .map((_, index, parts) => parts.slice(0, index + 1).join('.')),
  ),
);

/** A parsed configuration file. */
export interface ConfigurationFile {
  settings: Partial<Settings>;
  /** Fields without effect, for the log. */
  notices: string[];
}

/**
 * Parses the content of a configuration file, changed by drop-in files in their order; without a file these change the
 * defaults. Unknown fields and duplicate keys become notices, as in the real kubelet. Throws ConfigurationError.
 */
export function readKubeletConfiguration(
  content: Uint8Array | string | undefined,
  dropIns: readonly DropInFile[] = [],
): ConfigurationFile {
  const base: Parsed = content === undefined ? { object: {}, notices: [] } : parse(content);
  const patches = dropIns.map(parseDropIn);
  const merged = patches.reduce((object, patch) => mergePatch(object, patch.object), base.object);
  const file: ConfigurationFile = {
    settings: {},
    notices: [base, ...patches].flatMap(({ notices }) => notices),
  };
  readGroup(merged, '', file);
  return file;
}

/** The fields of a document, and what is odd about it. */
interface Parsed {
  object: JsonObject;
  notices: readonly string[];
}

function parse(content: Uint8Array | string): Parsed {
  const [document, ...others] = readManifestDocuments(content);
  if (document instanceof ManifestSyntaxError) throw document;
  const value = document?.value;
  if (!isObject(value)) throw new ConfigurationError('not an object of kind KubeletConfiguration');
  const { kind, apiVersion, ...object } = value;
  if (kind !== 'KubeletConfiguration') {
    throw new ConfigurationError(`kind: must be "KubeletConfiguration", not ${JSON.stringify(kind)}`);
  }
  if (apiVersion !== 'kubelet.config.k8s.io/v1beta1') {
    const expected = '"kubelet.config.k8s.io/v1beta1"';
    throw new ConfigurationError(`apiVersion: must be ${expected}, not ${JSON.stringify(apiVersion)}`);
  }
  const more = others.length > 0 ? ['more than one document: the first is the configuration'] : [];
  return { object, notices: [...(document?.warnings ?? []), ...more] };
}

function parseDropIn({ path, content }: DropInFile): Parsed {
  try {
    return parse(content);
  } catch (error) {
    throw new ConfigurationError(
      `failed to load kubelet dropin file, path: ${path}, error: ${messageOf(error)}`,
    );
  }
}

function readGroup(group: JsonObject, prefix: string, file: ConfigurationFile): void {
  for (const [name, value] of Object.entries(group)) {
    const path = prefix + name;
    if (groups.has(path) && isObject(value)) readGroup(value, `${path}.`, file);
    else if (groups.has(path) && isEmpty(value)) continue;
    else if (known.has(path)) readField(path, typeof value === 'bigint' ? clamped(value) : value, file);
    else file.notices.push(`strict decoding error: unknown field "${path}"${suggestion(path)}`);
  }
}

/** Range of numbers in settings. */
function clamped(value: bigint): number {
  return Math.min(Math.max(Number(value), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

function readField(path: string, value: unknown, { settings, notices }: ConfigurationFile): void {
  const name = grouped[path] ?? path;
  if (!isSetting(name)) {
    if (isWithoutEffect(path, value)) return;
    const reason = reasonToIgnore(path);
    if (reason !== undefined) {
      notices.push(`${path} has no effect: ${reason}`);
      return;
    }
    throw new ConfigurationError(
      `${path}: Forbidden: ${JSON.stringify(value)} is not supported by this kubelet yet; remove the field`,
    );
  }
  // Go's zero value equals an unset field, except in the few fields where it means "none".
  if (isUnset(name, value)) return;
  try {
    setFromValue(settings, name, value);
  } catch (error) {
    throw new ConfigurationError(`${path}: Invalid value: ${messageOf(error)}`);
  }
}

/** Numbers that are not set when they are 0. */
const unsetAtZero: ReadonlySet<string> = new Set<keyof Settings>([
  'kubeAPIBurst',
  'eventBurst',
  'maxPods',
  'nodeLeaseDurationSeconds',
  'maxOpenFiles',
  'registryBurst',
  'port',
  'logFlushFrequency',
  'verbosity',
]);

function isUnset(name: keyof Settings, value: unknown): boolean {
  if (name === 'resolvConf' || name === 'evictionHard') return value === null;
  return isEmpty(value) || (value === 0 && unsetAtZero.has(name));
}

function suggestion(path: string): string {
  const nearest = nearestName(path, [...known]);
  return nearest ? ` (did you mean "${nearest}"?)` : '';
}
