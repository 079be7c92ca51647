// What npm has for another processor: Node.js and koffi, for packages that are made here.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './cache.ts';
import { checkout } from './scratch.ts';

/**
 * A node_modules with the programs and libraries for a processor, by its name in Node.js. The first call has npm bring
 * them, as scripts/package says to; later ones find them in the cache. Rejects where npm has no registry.
 */
export async function foreignModules(arch: string): Promise<string> {
  const lock = join(checkout, 'package-lock.json');
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex').slice(0, 8);
  const dir = await cached(`modules/${arch}-${hash}`, async (temporary) => {
    process.stderr.write(`Fetching Node.js for ${arch}; it is kept for the next time.\n`);
    const copy = join(temporary, 'copy');
    for (const file of globSync(['package.json', 'package-lock.json', 'packages/*/package.json'], {
      cwd: checkout,
    })) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      cpSync(join(checkout, file), join(copy, file));
    }
    const words = `ci --ignore-scripts --os linux --cpu ${arch} --omit dev --no-audit --no-fund --fetch-retries 0`;
    await promisify(execFile)('npm', words.split(' '), { cwd: copy });
    // What the package takes; the rest is the same for all processors.
    for (const name of [`node-linux-${arch}`, `@koromix/koffi-linux-${arch}`, 'koffi']) {
      mkdirSync(dirname(join(temporary, 'node_modules', name)), { recursive: true });
      renameSync(join(copy, 'node_modules', name), join(temporary, 'node_modules', name));
    }
    rmSync(copy, { recursive: true });
  });
  return join(dir, 'node_modules');
}
