// `npm run package`: a .deb and a tarball with Node.js inside, and what npm can install, of the built checkout.
// Uses no network, and makes the same bytes of the same commit.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { berthVersion } from '@berth/common/version.ts';
import { architectureOf } from './architectures.ts';
import { encodeDeb, gzipped } from './deb.ts';
import { debianPackage, type PackageSources } from './debian.ts';
import { BuiltCommands } from './documents.ts';
import { tarballTree } from './tarball.ts';

const usage = `npm run package -- [OPTION…]
  --arch NAME       amd64 or arm64; default: this machine's
  --modules DIR     the node_modules with Node.js and koffi for it; default: the checkout's
  --out DIR         where the packages go; default: dist/packages
  --only KIND       deb, tarball or npm
  --version VERSION of the .deb, for tests; default: that of package.json
  --level N         compression by gzip, 1 to 9; default: 9
`;

const root = resolve(import.meta.dirname, '../..');
const { values: options } = parseArgs({
  options: {
    arch: { type: 'string' },
    modules: { type: 'string', default: join(root, 'node_modules') },
    out: { type: 'string', default: join(root, 'dist/packages') },
    only: { type: 'string' },
    version: { type: 'string', default: berthVersion },
    level: { type: 'string', default: '9' },
    help: { type: 'boolean', default: false },
  },
});

/** The time of everything in the packages: that of the commit, unless SOURCE_DATE_EPOCH says otherwise. */
function sourceDate(): number {
  const said = process.env.SOURCE_DATE_EPOCH;
  if (said !== undefined && /^\d+$/.test(said)) return Number(said);
  return Number(execFileSync('git', ['-C', root, 'log', '-1', '--format=%ct'], { encoding: 'utf8' }));
}

async function main(): Promise<void> {
  const { version, only } = options;
  const [out, modules, level] = [resolve(options.out), resolve(options.modules), Number(options.level)];
  const architecture = architectureOf(options.arch);
  const commands = new BuiltCommands(root);
  const sources: PackageSources = { root, modules, architecture, commands, version, built: sourceDate() };
  mkdirSync(out, { recursive: true });
  const write = (name: string, content: Uint8Array) => {
    writeFileSync(join(out, name), content);
    console.log(` ok  ${join(out, name)}   ${(content.length / 1024 ** 2).toFixed(1)} MiB`);
  };
  if (only === undefined || only === 'deb') {
    const deb = await encodeDeb({ ...debianPackage(sources), level });
    write(`berth_${version}_${architecture.debian}.deb`, deb);
  }
  if (only === undefined || only === 'tarball') {
    const name = `berth-${version}-linux-${architecture.debian}`;
    const tar = tarballTree(sources).tar(name, sources.built);
    write(`${name}.tar.gz`, await gzipped(tar, level));
  }
  if (only === undefined || only === 'npm') {
    const args = ['pack', '--json', '--loglevel=error', '--pack-destination', out];
    const [packed] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' }));
    write(packed.filename, readFileSync(join(out, packed.filename)));
  }
}

if (options.help) console.log(usage);
else await main();
