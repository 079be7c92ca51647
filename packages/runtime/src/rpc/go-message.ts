// Converts CRI messages to the JSON of Go runtimes, for the verbose info of ContainerStatus and PodSandboxStatus.

import type { Json, JsonObject } from '@berth/cni/spec/json.ts';
import { snakeCase } from './field-path.ts';

/** Fields of CRI messages that are maps: their keys come from users and are not field names. */
const maps = new Set(['labels', 'annotations', 'sysctls', 'unified']);

/**
 * Converts a CRI message to the JSON that Go's encoding/json writes for the generated struct, which scripts read in
 * `crictl inspect` with containerd: names as in the proto, zero values left out, `.info.config.log_directory`.
 */
export function goMessage(message: object): JsonObject {
  const json: JsonObject = {};
  for (const [name, value] of Object.entries(message)) {
    const written = maps.has(name) ? goMap(value) : goValue(value);
    if (written !== undefined) json[snakeCase(name)] = written;
  }
  return json;
}

function goValue(value: unknown): Json | undefined {
  if (!value) return undefined;
  if (value instanceof Uint8Array) return Buffer.from(value).toString() || undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((item) => goItem(item));
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'object') return goMessage(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined;
}

/** Converts an item of a list, in which zero values keep their position. */
function goItem(item: unknown): Json {
  return goValue(item) ?? (typeof item === 'bigint' || typeof item === 'number' ? 0 : '');
}

function goMap(value: unknown): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
