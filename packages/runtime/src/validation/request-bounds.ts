// Bounds the number and size of entries in a request, which could otherwise exhaust memory or time.

import { invalid } from '../rpc/errors.ts';
import { snakeCase } from '../rpc/field-path.ts';

/** Maximum lengths of lists whose entries are expensive: each is looked up, mounted, or passed to a program. */
const mostEntries: Readonly<Record<string, number>> = {
  mounts: 2048,
  devices: 4096,
  CDIDevices: 4096,
  sysctls: 4096,
  // NGROUPS_MAX of setgroups(2).
  supplementalGroups: 65_536,
  addCapabilities: 4096,
  dropCapabilities: 4096,
  addAmbientCapabilities: 4096,
  maskedPaths: 4096,
  readonlyPaths: 4096,
  portMappings: 16_384,
};

const nested: ReadonlySet<string> = new Set(['linux', 'securityContext', 'capabilities']);

/** Maximum size of labels or annotations. Kubernetes allows 256 KiB of annotations. */
const maxTextBytes = 1024 * 1024;

/** Refuses a config of a pod or container with more entries than any kubelet sends; the error names the field. */
export function refuseTooMuch(config: object, field: string): void {
  for (const [name, value] of Object.entries(config)) {
    const path = `${field}.${snakeCase(name)}`;
    if (name === 'labels' || name === 'annotations') refuseLongTexts(value, path);
    if (nested.has(name) && value !== undefined) refuseTooMuch(value, path);
    const most = mostEntries[name];
    if (most === undefined || typeof value !== 'object') continue;
    const entries = Array.isArray(value) ? value.length : Object.keys(value).length;
    if (entries > most) throw invalid(path, `has ${entries} entries; at most ${most} are supported`);
  }
}

/**
 * Maximum length of a name, far above what Kubernetes allows. All names together form one variable of CNI plugins and
 * one argument of conmon.
 */
const maxNameBytes = 1024;

/** Refuses a name of a pod or container that is too long to be passed to plugins and conmon. */
export function checkNameLength(name: string, field: string): void {
  const bytes = Buffer.byteLength(name);
  if (bytes > maxNameBytes)
    throw invalid(field, `is ${bytes} bytes long; at most ${maxNameBytes} are supported`);
}

function refuseLongTexts(texts: Readonly<Record<string, string>>, path: string): void {
  let bytes = 0;
  for (const [key, value] of Object.entries(texts))
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  if (bytes > maxTextBytes) throw invalid(path, `are ${bytes} bytes; at most ${maxTextBytes} are supported`);
}
