// Installs Debian packages without leaving their services running.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

const policyFile = '/usr/sbin/policy-rc.d';

/** Whether packages can be installed here by apt. */
export function hasApt() {
  return existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg');
}

/**
 * Installs packages. The lists of available packages are fetched only when the installation fails with
 * those at hand.
 * @throws Error with the end of apt's output
 */
export async function installPackages(packages) {
  const keepServicesDown = !existsSync(policyFile);
  const removePolicy = () => rmSync(policyFile, { force: true });
  const onSignal = () => {
    removePolicy();
    process.exit(130);
  };
  if (keepServicesDown) {
    // Debian's way to install a service without starting it: 101 means "not allowed".
    writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  }
  try {
    const install = ['install', '--yes', '--no-install-recommends', ...packages];
    const first = await apt(install);
    if (first.ok) return;
    const update = await apt(['update']);
    const second = await apt(install);
    if (!second.ok) throw new Error(tail(update.ok ? second.output : update.output + second.output));
  } finally {
    if (keepServicesDown) {
      removePolicy();
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    }
  }
}

/** Keeps services that came with packages from starting at the next boot, where systemd manages that. */
export function disableServices(services) {
  if (services.length === 0 || !existsSync('/usr/bin/systemctl')) return;
  spawnSync('/usr/bin/systemctl', ['disable', '--quiet', ...services], { stdio: 'ignore' });
}

/** The upstream part of an installed package's version, or undefined: `1.1.1` of 1.1.1+ds1-3+b5. */
export function packageVersion(name) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholder
  const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' });
  return status === 0 ? /^(?:\d+:)?([\d.]+)/.exec(stdout)?.[1] : undefined;
}

function apt(args) {
  return new Promise((resolve) => {
    const child = spawn('/usr/bin/apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ ok: false, output: String(error) }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

function tail(output) {
  return output.trim().split('\n').slice(-15).join('\n');
}
