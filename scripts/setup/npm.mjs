// Brings node_modules to what package-lock.json says.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Holds the digest of the package-lock.json that was installed. npm's own record of an installation does not tell
 * whether an optional package is missing because it is for another processor, or because nobody has asked since.
 */
const stampOf = (root) => join(root, 'node_modules/.berth-installed');

/** Whether node_modules is what `installDependencies` made of today's package-lock.json. */
export function dependenciesAreCurrent(root) {
  try {
    return readFileSync(stampOf(root), 'utf8') === lockDigest(root);
  } catch {
    return false;
  }
}

/**
 * Runs `npm ci`. No package gets to run code while it is installed: what Berth needs of them is prebuilt.
 * @throws Error with npm's output
 */
export function installDependencies(root) {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0) return reject(new Error(output.trim()));
      writeFileSync(stampOf(root), lockDigest(root));
      resolve();
    });
  });
}

function lockDigest(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}
