// What is left of a node after everything was removed from it: files, rows, and what the kernel has.
import { copyFileSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { BerthdPaths } from '@berth/test-support/berthd.ts';
import { traces } from '@berth/test-support/node-traces.ts';

/** Remembers what there is now, and tells later, a line each, what has come to it. */
export class Remains {
  readonly #dir: string;
  readonly #paths: BerthdPaths;
  readonly #bridge: string;
  readonly #before: Set<string>;
  readonly #rows: Record<string, number>;

  /** `dir` is the folder of the node, whose name its processes, mounts and cgroups bear. */
  constructor(dir: string, paths: BerthdPaths, bridge: string) {
    this.#dir = dir;
    this.#paths = paths;
    this.#bridge = bridge;
    this.#before = this.#traces();
    this.#rows = countRows(paths);
  }

  /**
   * What is left when nothing more goes away by itself, or after 20 seconds: what an orphaned helper was still
   * doing when its berthd died, and an image that a container was lately made of (ten seconds).
   */
  async settled(): Promise<string[]> {
    for (const deadline = performance.now() + 20_000; ; await delay(100)) {
      const found = this.#look();
      if (found.length === 0 || performance.now() > deadline) return found;
    }
  }

  #look(): string[] {
    const rows = Object.entries(countRows(this.#paths))
      .filter(([table, count]) => count > (this.#rows[table] ?? 0))
      .map(([table, count]) => `rows: ${table} has ${count}, had ${this.#rows[table] ?? 0}`);
    return [...this.#traces().difference(this.#before), ...rows];
  }

  /** Without what stays by design: logs, and the berthd that runs now. */
  #traces(): Set<string> {
    const { root, state, cniCacheDir } = this.#paths;
    const folders = [root, state, `${state}-userns`, join(this.#dir, 'leases'), cniCacheDir];
    return new Set(
      [...traces(this.#dir, this.#bridge)].filter((line) =>
        line.startsWith('file ')
          ? folders.some((folder) => line.startsWith(`file ${folder}/`))
          : !line.includes(this.#paths.config),
      ),
    );
  }
}

/** Rows of every table of berthd's database; of a copy, since berthd alone has the lock. */
function countRows(paths: BerthdPaths): Record<string, number> {
  const [file = ''] = globSync(join(paths.root, '**/*.db'));
  const scratch = mkdtempSync(join(tmpdir(), 'berth-rows-'));
  const copy = join(scratch, 'copy.db');
  copyFileSync(file, copy);
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
  const database = new DatabaseSync(copy);
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return Object.fromEntries(
      tables.map(({ name }) => [
        String(name),
        Number(database.prepare(`SELECT count(*) AS rows FROM "${name}"`).get()?.['rows'] ?? 0),
      ]),
    );
  } finally {
    database.close();
    rmSync(scratch, { recursive: true });
  }
}
