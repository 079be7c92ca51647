// Whether a program is the CNI project's plugin of its name, and not a wrapper or another project's.
import { open, stat } from 'node:fs/promises';
import type { Exec } from '../plugin/exec.ts';

const probeTimeoutMs = 10_000;
const maxOutputBytes = 4096;

/** Programs are looked at once, and again when their file is another one. */
export class ReferencePlugins {
  readonly #exec: Exec;
  readonly #known = new Map<string, { file: string; answer: Promise<boolean> }>();

  constructor(exec: Exec) {
    this.#exec = exec;
  }

  /** Whether the program at `path` is the reference plugin `type`; a script never is. */
  async has(path: string, type: string): Promise<boolean> {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return false;
    const file = `${found.dev}/${found.ino}/${found.size}/${found.mtimeMs}`;
    const known = this.#known.get(path);
    if (known?.file === file) return await known.answer;
    const answer = this.#probe(path, type);
    this.#known.set(path, { file, answer });
    return await answer;
  }

  /** Without CNI_COMMAND the reference plugins tell their name. */
  async #probe(path: string, type: string): Promise<boolean> {
    try {
      if (!(await isElf(path))) return false;
      const run = await this.#exec({ path, env: {}, stdin: '', timeoutMs: probeTimeoutMs, maxOutputBytes });
      return run.code === 0 && `${run.stderr}${run.stdout}`.startsWith(`CNI ${type} plugin `);
    } catch {
      // The program's own run says why it cannot be started.
      return false;
    }
  }
}

async function isElf(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.equals(Buffer.from('\x7fELF', 'latin1'));
  } finally {
    await file.close();
  }
}
