// `npm run setup`: brings what Berth needs: programs of the distribution by apt, Node.js and libraries by
// npm. Says what it installs and why; when everything is there it prints one line. With --test also what
// `npm test` and `npm run bench` need. Runs on Node 20 and has no dependencies.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPrerequisite, prerequisites } from '../packages/berth/src/doctor/prerequisites.mjs';
import { disableServices, hasApt, installPackages, packageVersion } from './setup/apt.mjs';
import { installHooks } from './setup/hooks.mjs';
import { dependenciesAreCurrent, installDependencies } from './setup/npm.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const withTests = process.argv.includes('--test');

try {
  await bringPrograms();
  await bringDependencies();
  installHooks(root);
  console.log(` ok  ${summary()}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function bringPrograms() {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 20) throw new Error(`set-up needs Node.js 20 or newer, and this is ${process.version}`);
  const missing = prerequisites.filter(
    (prerequisite) => (withTests || !prerequisite.test) && findPrerequisite(prerequisite) === undefined,
  );
  if (missing.length === 0) return;
  const obstacle = !hasApt()
    ? 'this is not a Debian system (there is no apt-get)'
    : process.getuid() !== 0
      ? 'installing packages needs root'
      : undefined;
  if (obstacle !== undefined) throw new Error(whatIsMissing(missing, obstacle));

  console.log('Installing from this distribution:');
  for (const { package: name, why } of missing) console.log(`  ${name.padEnd(28)} ${why}`);
  try {
    await installPackages(missing.map(({ package: name }) => name));
  } catch (error) {
    throw new Error(`${error.message}\n\n${whatIsMissing(missing, 'apt-get failed, see above')}`);
  }
  disableServices(missing.flatMap(({ services = [] }) => services));
  const still = missing.filter((prerequisite) => findPrerequisite(prerequisite) === undefined);
  if (still.length > 0)
    throw new Error(whatIsMissing(still, 'apt-get installed the packages, but not what is needed of them'));
}

async function bringDependencies() {
  if (dependenciesAreCurrent(root)) return;
  console.log('Installing from npm: Node.js 26 and the libraries in package-lock.json');
  try {
    await installDependencies(root);
  } catch (error) {
    throw new Error(
      `${error.message}\n\nnpm ci failed, see above. Berth needs npm's packages once; try again with: npm run setup`,
    );
  }
}

function whatIsMissing(missing, why) {
  const lines = missing.map(
    ({ name, package: packageName, why: purpose, source }) =>
      `  ${name.padEnd(16)} ${purpose}\n${' '.repeat(19)}Debian package ${packageName}, or ${source}`,
  );
  const packages = missing.map(({ package: packageName }) => packageName).join(' ');
  return `${why}. Missing:\n${lines.join('\n')}\n\nOn Debian, as root: apt-get install ${packages}`;
}

/** The versions that a person asks for first. */
function summary() {
  const crun = firstVersion('crun', ['--version']);
  const conmon = firstVersion('conmon', ['--version']);
  const node = firstVersion(join(root, 'scripts/node'), ['--version']);
  if (node === undefined) {
    throw new Error(
      `Node.js 26 of npm's package does not start; try: ${join(root, 'scripts/node')} --version`,
    );
  }
  const plugins = packageVersion('containernetworking-plugins') ?? '';
  return [`crun ${crun}`, `conmon ${conmon}`, `CNI plugins ${plugins}`.trim(), `Node.js ${node}`].join(' · ');
}

function firstVersion(command, args) {
  const { stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return /\d+(\.\d+)+/.exec(stdout ?? '')?.[0];
}
