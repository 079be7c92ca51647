// Reads and writes libcni's cache of attachments: DEL, CHECK and GC depend on it, and other runtimes share it.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { replaceFile } from '@berth/common/files/replace-file.ts';
import { goJson, isJsonObject, type Json, type JsonObject, sortKeys } from '../spec/json.ts';
import type { RuntimeConf } from '../spec/runtime-conf.ts';

/** The record of an attachment, libcni's `cniCacheV1`. */
export interface CachedAttachment extends Required<RuntimeConf> {
  networkName: string;
  /** The text of the network's list at the time of ADD. */
  config: string;
  /** The result in the form of its own version; undefined when ADD has not succeeded. */
  result: JsonObject | undefined;
}

/** A record that cannot be read; its file's name identifies the attachment. */
export type DamagedRecord = Pick<CachedAttachment, 'networkName' | 'containerId' | 'ifName'>;

const cacheKind = 'cniCacheV1';

/** A larger file is not a record. */
const maxRecordBytes = 16 * 1024 * 1024;

/**
 * The records of attachments, DIR/results/NETWORK-CONTAINER-INTERFACE, byte for byte as libcni writes them, so that a
 * runtime built on libcni can take over and vice versa.
 */
export class ResultCache {
  readonly #cacheDir: string;
  readonly #dir: string;

  /** @param cacheDir usually /var/lib/cni */
  constructor(cacheDir: string) {
    this.#cacheDir = cacheDir;
    this.#dir = join(cacheDir, 'results');
  }

  /**
   * Records an attachment; atomically replaces an older record.
   * @param result empty before ADD has succeeded; libcni reads that as a record without a result
   */
  async write(networkName: string, config: string, result: JsonObject, runtime: RuntimeConf): Promise<void> {
    const path = this.#path(networkName, runtime);
    // Make all of DIR private, as libcni does: plugins keep leases and locks there, and a user who can open the lock of
    // host-local can block every pod.
    makePrivateDirectory(this.#cacheDir);
    makePrivateDirectory(this.#dir);
    const content = cacheFileText(networkName, config, result, runtime);
    await replaceFile(path, content, { mode: 0o600, temporary: this.#temporary(runtime) });
  }

  /** The record of one attachment; undefined when there is none, or it cannot be read. */
  async read(
    networkName: string,
    attachment: { containerId: string; ifName: string },
  ): Promise<CachedAttachment | undefined> {
    return readRecord(this.#path(networkName, attachment));
  }

  /** Removes a record; succeeds when there is none. */
  async remove(networkName: string, attachment: { containerId: string; ifName: string }): Promise<void> {
    await rm(this.#path(networkName, attachment), { force: true });
  }

  /** Removes the temporary file of a killed writer. The caller ensures that no other writer runs. */
  async removeUnfinished(attachment: { containerId: string; ifName: string }): Promise<void> {
    await rm(this.#temporary(attachment), { force: true });
  }

  /**
   * All records, or those of one container, of every runtime. Skips other files.
   */
  async list(containerId?: string): Promise<CachedAttachment[]> {
    const all = await this.#names();
    const names = containerId === undefined ? all : all.filter((name) => name.includes(`-${containerId}-`));
    const records = await Promise.all(names.sort().map((name) => readRecord(join(this.#dir, name))));
    return records
      .filter((record) => record !== undefined)
      .filter((record) => containerId === undefined || record.containerId === containerId);
  }

  /**
   * The records of one container that cannot be read, e.g. empty or truncated by a power loss. Their existence shows that
   * the container was attached.
   */
  async damaged(containerId: string): Promise<DamagedRecord[]> {
    const inName = `-${containerId}-`;
    const records = (await this.#names()).map(async (name): Promise<DamagedRecord[]> => {
      const at = name.indexOf(inName);
      const networkName = name.slice(0, Math.max(at, 0));
      const ifName = name.slice(at + inName.length);
      if (networkName === '' || ifName === '' || (await readRecord(join(this.#dir, name)))) return [];
      return [{ networkName, containerId, ifName }];
    });
    return (await Promise.all(records)).flat();
  }

  async #names(): Promise<string[]> {
    return readdir(this.#dir).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    });
  }

  #temporary({ containerId, ifName }: { containerId: string; ifName: string }): string {
    return join(this.#dir, `.${containerId}-${ifName}.tmp`);
  }

  #path(networkName: string, { containerId, ifName }: { containerId: string; ifName: string }): string {
    return join(this.#dir, `${networkName}-${containerId}-${ifName}`);
  }
}

/** The content of a cache file: Go's field order, its escapes, and base64 for the configuration. */
export function cacheFileText(
  networkName: string,
  config: string,
  result: JsonObject,
  runtime: RuntimeConf,
): string {
  const { containerId, ifName, netns, args = [], capabilityArgs = {} } = runtime;
  const capabilities = Object.keys(capabilityArgs).sort();
  const record: Record<string, Json> = {
    kind: cacheKind,
    containerId,
    config: Buffer.from(config).toString('base64'),
    ifName,
    networkName,
  };
  if (netns !== '') record.netns = netns;
  if (args.length > 0) record.cniArgs = args.map(([key, value]) => [key, value]);
  if (capabilities.length > 0) {
    record.capabilityArgs = Object.fromEntries(
      capabilities.map((name) => [name, capabilityArgs[name] ?? null]),
    );
  }
  if (Object.keys(result).length > 0) record.result = sortKeys(result);
  return goJson(record);
}

/** Reads the content of a cache file; undefined when it is not a record. */
export function parseCacheFile(text: string): CachedAttachment | undefined {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(record) || record.kind !== cacheKind) return undefined;
  const {
    containerId,
    ifName,
    networkName,
    netns = '',
    config = '',
    cniArgs,
    capabilityArgs,
    result,
  } = record;
  if (typeof containerId !== 'string' || typeof ifName !== 'string' || typeof networkName !== 'string')
    return undefined;
  if (typeof netns !== 'string' || typeof config !== 'string') return undefined;
  if (containerId === '' || ifName === '' || networkName === '') return undefined;
  return {
    containerId,
    ifName,
    networkName,
    netns,
    config: Buffer.from(config, 'base64').toString('utf8'),
    args: parseArgs(cniArgs),
    capabilityArgs: isJsonObject(capabilityArgs) ? capabilityArgs : {},
    result: isJsonObject(result) ? result : undefined,
  };
}

function parseArgs(value: Json | undefined): [string, string][] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((pair): [string, string][] => {
    if (!Array.isArray(pair)) return [];
    const [key, text] = pair;
    return typeof key === 'string' && typeof text === 'string' ? [[key, text]] : [];
  });
}

async function readRecord(path: string): Promise<CachedAttachment | undefined> {
  const content = await readRegularFile(path, { maxBytes: maxRecordBytes }).catch(() => undefined);
  return content === undefined ? undefined : parseCacheFile(content.toString());
}
