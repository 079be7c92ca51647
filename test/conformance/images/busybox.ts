// A busybox for conformance images, built from Debian's source package. Debian's own binary lacks ipcs, pgrep and
// nmeter, and its shell runs applets without looking at /bin, so a masked /bin/ls would still work.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '@berth/test-support/cache.ts';
import { debianSources } from './debian-sources.ts';

const run = promisify(execFile);

/** Prints the effective user id; as a set-user-ID program it shows whether no_new_privs is in force. */
const effectiveUid = `#include <stdio.h>
#include <unistd.h>
int main(void) { printf("Effective uid: %d\\n", geteuid()); return 0; }
`;

const settings = {
  CONFIG_STATIC: 'y',
  CONFIG_FEATURE_SH_STANDALONE: 'n',
  CONFIG_FEATURE_PREFER_APPLETS: 'n',
};

export interface StaticPrograms {
  busybox: Buffer;
  /** Names of all applets. */
  applets: string[];
  /** See above. */
  effectiveUid: Buffer;
}

/** Static programs for images; the first call compiles them (half a minute), later ones find them in the cache. */
export async function staticPrograms(): Promise<StaticPrograms> {
  const release = readFileSync('/etc/os-release', 'utf8').match(/^VERSION_CODENAME=(.*)$/m)?.[1] ?? 'unknown';
  const recipe = createHash('sha256').update(effectiveUid).update(JSON.stringify(settings)).digest('hex');
  const dir = await cached(`conformance/programs-${release}-${recipe.slice(0, 8)}`, async (temporary) => {
    process.stderr.write("Building busybox from Debian's source; it is kept for the next time.\n");
    await buildBusybox(temporary);
    const source = join(temporary, 'effective-uid.c');
    writeFileSync(source, effectiveUid);
    await run('gcc', ['-static', '-O2', '-s', '-o', join(temporary, 'effective-uid'), source]);
  });
  const { stdout } = await run(join(dir, 'busybox'), ['--list']);
  return {
    busybox: readFileSync(join(dir, 'busybox')),
    applets: stdout.trim().split('\n'),
    effectiveUid: readFileSync(join(dir, 'effective-uid')),
  };
}

async function buildBusybox(dir: string): Promise<void> {
  const work = join(dir, 'source');
  mkdirSync(work);
  const tree = await debianSource('busybox', work);
  await run('make', ['defconfig'], { cwd: tree });
  const config = join(tree, '.config');
  const lines = readFileSync(config, 'utf8').split('\n');
  const isSet = (line: string) =>
    Object.keys(settings).some((name) => new RegExp(`\\b${name}\\b`).test(line));
  const wanted = Object.entries(settings).map(([name, value]) =>
    value === 'y' ? `${name}=y` : `# ${name} is not set`,
  );
  writeFileSync(config, [...lines.filter((line) => !isSet(line)), ...wanted, ''].join('\n'));
  // New questions get their default answers.
  await run('/bin/sh', ['-c', 'yes "" | make oldconfig'], { cwd: tree });
  await run('make', ['-j2', 'busybox'], { cwd: tree, maxBuffer: 64 * 1024 ** 2 });
  renameSync(join(tree, 'busybox'), join(dir, 'busybox'));
  rmSync(work, { recursive: true });
}

/** Unpacks a source package of the machine's release below `work` without touching apt's own lists. */
async function debianSource(name: string, work: string): Promise<string> {
  for (const folder of ['lists/partial', 'cache']) mkdirSync(join(work, folder), { recursive: true });
  const list = join(work, 'sources.list');
  writeFileSync(list, debianSources());
  const options = [
    `Dir::Etc::SourceList=${list}`,
    'Dir::Etc::SourceParts=-',
    `Dir::State::Lists=${join(work, 'lists')}`,
    `Dir::Cache=${join(work, 'cache')}`,
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  await run('apt-get', ['-q', ...options, 'update'], { cwd: work });
  await run('apt-get', ['-q', ...options, 'source', name], { cwd: work, maxBuffer: 16 * 1024 ** 2 });
  const [tree] = globSync(`${name}-*/`, { cwd: work });
  if (tree === undefined) throw new Error(`apt-get source ${name} left no folder in ${work}`);
  return join(work, tree);
}
