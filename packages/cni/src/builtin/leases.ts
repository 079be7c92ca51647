// host-local's leases on disk: a file for each address, with the container's id and the interface; the last assigned
// address of each range set; a lock. The program host-local shares them.
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import { whileLocked } from '@berth/linux/files/file-lock.ts';
import { candidates, type IpRange, ipv4Number, ipv4Text } from './ip-range.ts';

/** The holder of a lease. */
export interface LeaseHolder {
  containerId: string;
  ifName: string;
}

const maxFileBytes = 4096;

/** The leases of one network. */
export class Leases {
  readonly #dir: string;

  constructor({ dataDir, name }: { dataDir: string; name: string }) {
    this.#dir = join(dataDir, name);
  }

  /**
   * Assigns the next free address of the range.
   *
   * @throws Error when the holder has one, or when none is free
   */
  async assign(holder: LeaseHolder, range: IpRange, { timeoutMs }: { timeoutMs: number }): Promise<string> {
    return await this.#locked(timeoutMs, () => this.#assign(holder, range));
  }

  #assign(holder: LeaseHolder, range: IpRange): string {
    const [owned] = this.#leasesOf(holder);
    if (owned !== undefined) {
      throw new Error(
        `failed to allocate for range 0: ${owned} has been allocated to ${holder.containerId}, duplicate allocation is not allowed`,
      );
    }
    const lastFile = join(this.#dir, 'last_reserved_ip.0');
    for (const address of candidates(range, ipv4Number(readOr(lastFile, '')))) {
      const text = ipv4Text(address);
      if (!this.#create(text, holder)) continue;
      writeFileSync(lastFile, text, { mode: 0o644 });
      return text;
    }
    const ends = `${ipv4Text(range.start)}-${ipv4Text(range.end)}`;
    throw new Error(`failed to allocate for range 0: no IP addresses available in range set: ${ends}`);
  }

  /** Frees the holder's addresses; succeeds when there are none. */
  async release(holder: LeaseHolder, { timeoutMs }: { timeoutMs: number }): Promise<void> {
    await this.#locked(timeoutMs, () => {
      for (const name of this.#leasesOf(holder)) rmSync(join(this.#dir, name), { force: true });
    });
  }

  async #locked<T>(timeoutMs: number, work: () => T): Promise<T> {
    mkdirSync(this.#dir, { recursive: true, mode: 0o755 });
    return await whileLocked(join(this.#dir, 'lock'), timeoutMs, work);
  }

  /** Names of the files; the oldest host-local wrote no interface. */
  #leasesOf({ containerId, ifName }: LeaseHolder): string[] {
    const own = new Set([`${containerId}\r\n${ifName}`, containerId]);
    return readdirSync(this.#dir).filter(
      (name) => ipv4Number(name) !== undefined && own.has(readOr(join(this.#dir, name), '').trim()),
    );
  }

  /** Whether the address was free. */
  #create(address: string, { containerId, ifName }: LeaseHolder): boolean {
    const path = join(this.#dir, address);
    let descriptor: number;
    try {
      descriptor = openSync(path, 'wx', 0o644);
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false;
      throw error;
    }
    try {
      writeSync(descriptor, `${containerId}\r\n${ifName}`);
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    } finally {
      closeSync(descriptor);
    }
    return true;
  }
}

function readOr(path: string, fallback: string): string {
  try {
    return readRegularFileSync(path, { maxBytes: maxFileBytes }).toString();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return fallback;
    throw error;
  }
}
