// Reads a KubeletConfiguration file (kubelet.config.k8s.io/v1beta1): strictly, every field known, and none
// accepted that would be ignored.

import { nearestName } from '../api/field-error.ts';
import { parseManifestText } from '../api/manifest-text.ts';
import { isJsonObject, type JsonObject } from '../api/pod-shape.ts';
import { messageOf } from '../error-message.ts';
import { fields, isSetting, type Settings, setFromValue } from './settings.ts';
import { isEmpty, isWithoutEffect, unsupportedSettings } from './unsupported-settings.ts';

/** A configuration that the kubelet can not start with; the message names the field. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError';
}

/** Fields that the file writes in a group and Settings does not. */
const grouped: Readonly<Record<string, keyof Settings>> = {
  'crashLoopBackOff.maxContainerRestartPeriod': 'maxContainerRestartPeriod',
  'logging.verbosity': 'verbosity',
};

const known: ReadonlySet<string> = new Set([
  ...Object.keys(fields).filter((name) => !Object.values(grouped).some((setting) => setting === name)),
  ...Object.keys(grouped),
  ...Object.keys(unsupportedSettings),
]);

/** Names of fields that hold fields: everything before a dot. */
const groups: ReadonlySet<string> = new Set(
  [...known].flatMap((path) =>
    path
      .split('.')
      .slice(0, -1)
      .map((_, index, parts) => parts.slice(0, index + 1).join('.')),
  ),
);

/**
 * The settings that the text of a configuration file makes. Throws ConfigurationError with Kubernetes' words
 * where it has some (`strict decoding error: unknown field "x"`).
 */
export function readKubeletConfiguration(text: string): Partial<Settings> {
  const [document, ...others] = parseManifestText(text);
  if (others.length > 0)
    throw new ConfigurationError('more than one document: a kubelet has one configuration');
  if (!isJsonObject(document)) throw new ConfigurationError('not an object of kind KubeletConfiguration');
  const { kind, apiVersion, ...rest } = document;
  if (kind !== 'KubeletConfiguration') {
    throw new ConfigurationError(`kind: must be "KubeletConfiguration", not ${JSON.stringify(kind)}`);
  }
  if (apiVersion !== 'kubelet.config.k8s.io/v1beta1') {
    const expected = '"kubelet.config.k8s.io/v1beta1"';
    throw new ConfigurationError(`apiVersion: must be ${expected}, not ${JSON.stringify(apiVersion)}`);
  }
  const settings: Partial<Settings> = {};
  readGroup(rest, '', settings);
  return settings;
}

function readGroup(group: JsonObject, prefix: string, settings: Partial<Settings>): void {
  for (const [name, value] of Object.entries(group)) {
    const path = prefix + name;
    if (groups.has(path) && isJsonObject(value)) readGroup(value, `${path}.`, settings);
    else if (groups.has(path) && isEmpty(value)) continue;
    else if (known.has(path)) readField(path, value, settings);
    else throw new ConfigurationError(`strict decoding error: unknown field "${path}"${suggestion(path)}`);
  }
}

function readField(path: string, value: unknown, settings: Partial<Settings>): void {
  const name = grouped[path] ?? path;
  if (!isSetting(name)) {
    if (isWithoutEffect(path, value)) return;
    throw new ConfigurationError(
      `${path}: Forbidden: ${JSON.stringify(value)} is not supported by this kubelet yet; remove the field`,
    );
  }
  // Go's zero value is the same as an unset field, but for the few where it means "none".
  if (isUnset(name, value)) return;
  try {
    setFromValue(settings, name, value);
  } catch (error) {
    throw new ConfigurationError(`${path}: Invalid value: ${messageOf(error)}`);
  }
}

function isUnset(name: keyof Settings, value: unknown): boolean {
  if (name === 'resolvConf') return value === null;
  return isEmpty(value) || (value === 0 && (name === 'maxPods' || name === 'verbosity'));
}

function suggestion(path: string): string {
  const nearest = nearestName(path, [...known]);
  return nearest ? ` (did you mean "${nearest}"?)` : '';
}
