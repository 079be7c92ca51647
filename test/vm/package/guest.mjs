// Runs inside the virtual machine, before its reboot and after it: the life of the Debian package. It is JavaScript
// because nothing runs it on the host, where the cache of scripts/node is filled.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const units = ['berthd.service', 'berth-kubelet.service'];
const manifest = '/usr/share/doc/berth/examples/hello.yaml';
/** Where files are compared before and after; not what apt, dpkg, systemd and the test keep for themselves. */
const compared = ['/etc', '/opt', '/srv', '/usr', '/var'];
const ignored =
  /^\/var\/(cache\/(apt|ldconfig|debconf)|lib\/(apt|dpkg|systemd)|log\/(apt|dpkg|alternatives)|tmp)|^\/etc\/(ld\.so\.cache|resolv\.conf|\.pwd\.lock)/;
const record = '/root/before.json';

const logindConf = '/etc/systemd/logind.conf.d';
/** Where a pod tells that it has started, and that it has ended by itself. */
const marks = '/root/marks';

const kubeletConfiguration = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  shutdownGracePeriod: '90s',
  shutdownGracePeriodCriticalPods: '30s',
};

const endingScript = `trap 'sleep 3; echo ended > /marks/ended; exit 0' TERM
echo started > /marks/started
while true; do sleep 1000 & wait $!; done`;

const endingPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'ending' },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'localhost/berth-demo:1',
        command: ['sh', '-c', endingScript],
        volumeMounts: [{ name: 'marks', mountPath: '/marks' }],
      },
    ],
    volumes: [{ name: 'marks', hostPath: { path: marks, type: 'DirectoryOrCreate' } }],
  },
};

/** Runs a command to its end, which has to be good, and returns what it prints. */
function run(command, ...args) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  console.log(`     ${command} ${args.join(' ')} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** Emulated beside other work, the first start of a daemon can take longer than berth up waits; its code is then cached. */
function berthUp(...args) {
  for (let attempt = 1; attempt < 4; attempt++) {
    const { status, stdout, stderr } = spawnSync('berth', ['up', ...args], { encoding: 'utf8' });
    if (status === 0) return stdout;
    console.log(`     berth up, attempt ${attempt}: ${stderr}`);
  }
  return run('berth', 'up', ...args);
}

function lines(text) {
  return text.split('\n').filter(Boolean);
}

/** What it waits for comes from other processes. */
async function until(what, is) {
  const deadline = performance.now() + 200_000;
  while (!is()) {
    assert.ok(performance.now() < deadline, `gave up waiting: ${what}`);
    await sleep(1000);
  }
}

async function step(name, body) {
  const started = performance.now();
  try {
    await body();
  } catch (error) {
    console.log(`FAIL ${name}`);
    for (const unit of units)
      console.log(spawnSync('journalctl', ['-n', '40', '-u', unit]).stdout.toString());
    throw error;
  }
  console.log(` ok  ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}

function files() {
  return lines(run('find', ...compared, '-xdev')).filter((path) => !ignored.test(path));
}

/** The process of the pod's one container. */
function containerProcess() {
  const [id] = lines(run('crictl', '--timeout', '60s', 'ps', '-q'));
  return JSON.parse(run('crictl', '--timeout', '60s', 'inspect', id)).info.pid;
}

function daemons() {
  return ['berthd', 'kubelet'].map((name) => run('pgrep', '-x', name).trim());
}

function isActive(unit) {
  return spawnSync('systemctl', ['is-active', '--quiet', unit]).status === 0;
}

async function beforeReboot() {
  writeFileSync(record, JSON.stringify(files()));
  // An interface with a default route, at every boot: the kubelet takes its addresses for the node's.
  const network = `[Unit]\nBefore=network.target\n[Service]\nType=oneshot\nRemainAfterExit=yes
ExecStart=/bin/sh -ec 'ip link add eth0 type dummy; ip address add 192.0.2.2/24 dev eth0; ip link set eth0 up; ip route add default via 192.0.2.1'
[Install]\nWantedBy=network.target\n`;
  writeFileSync('/etc/systemd/system/test-network.service', network);
  run('systemctl', 'enable', '--now', '--quiet', 'test-network.service');

  await step('the package is installed, and starts nothing', () => {
    run('apt-get', 'install', '-y', '-q', './first.deb');
    assert.equal(run('dpkg', '--verify', 'berth'), '');
    for (const unit of units) {
      assert.equal(spawnSync('systemctl', ['is-enabled', unit]).stdout.toString().trim(), 'disabled');
      assert.ok(!isActive(unit));
    }
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholder
    assert.match(run('dpkg-query', '-W', '-f', '${Conffiles}', 'berth'), /\/etc\/berth\/config\.yaml /);
    for (const page of ['man1/berth.1.gz', 'man1/crictl.1.gz', 'man8/berthd.8.gz', 'man8/kubelet.8.gz'])
      assert.ok(existsSync(`/usr/share/man/${page}`), page);
    assert.match(run('crictl', '--version'), /\+berth\./);
  });
  await step('berth up runs a pod, and berth restart leaves it alone', () => {
    assert.match(berthUp('--timeout', '300', '--try', manifest), /Hello from pod hello/);
    const [container, before] = [containerProcess(), daemons()];
    run('berth', 'restart');
    assert.ok(daemons().every((pid, index) => pid !== before[index]));
    assert.equal(containerProcess(), container);
    run('berth', 'down');
    assert.ok(!existsSync('/run/berth'));
  });
  await step('berth enable has systemd run the node; reload keeps its processes', () => {
    run('berth', 'enable', '--now');
    assert.match(berthUp('--timeout', '300', manifest), /default\/hello +1\/1 +Running/);
    const before = daemons();
    run('systemctl', 'reload', ...units);
    assert.deepEqual(daemons(), before);
    for (const unit of units) {
      const properties = run('systemctl', 'show', '-p', 'Type,WatchdogUSec,StatusText,NRestarts', unit);
      assert.match(properties, /Type=notify\n/);
      assert.match(properties, /WatchdogUSec=1min\n/);
      assert.match(properties, /StatusText=\w/);
      assert.match(properties, /NRestarts=0\n/);
    }
  });
  await step('an upgrade brings new daemons, and the container goes on', () => {
    const [container, before] = [containerProcess(), daemons()];
    run('dpkg', '-i', './next.deb');
    assert.ok(daemons().every((pid, index) => pid !== before[index]));
    assert.equal(containerProcess(), container);
    assert.match(run('berth', 'status'), /default\/hello +1\/1 +Running +0 /);
  });
  await step('a kubelet with a grace period has a shutdown wait for its pods', async () => {
    run('systemctl', 'start', 'systemd-logind');
    writeFileSync('/root/kubelet.json', JSON.stringify(kubeletConfiguration));
    writeFileSync('/etc/default/berth', 'KUBELET_OPTIONS=--config=/root/kubelet.json\n');
    run('systemctl', 'restart', 'berth-kubelet');
    await until('a lock of the kubelet', () => run('systemd-inhibit', '--list').includes('kubelet'));
    writeFileSync('/etc/kubernetes/manifests/ending.json', JSON.stringify(endingPod));
    await until('the pod runs', () => existsSync(`${marks}/started`));
  });
  console.log(' ..  rebooting');
  run('systemctl', 'reboot');
  // The reboot ends this process.
  await sleep(300_000);
}

async function afterReboot() {
  await step('the reboot waited until the pod had ended', () => {
    assert.equal(readFileSync(`${marks}/ended`, 'utf8'), 'ended\n');
    const state = JSON.parse(readFileSync('/var/lib/kubelet/graceful_node_shutdown_state', 'utf8'));
    assert.ok(Date.parse(state.endTime) >= Date.parse(state.startTime) + 3000, JSON.stringify(state));
    rmSync(logindConf, { recursive: true });
    rmSync('/etc/kubernetes/manifests/ending.json');
  });
  await step('after a reboot the node runs, and the pod is back', async () => {
    run('systemctl', 'start', ...units);
    for (;;) {
      const { stdout } = spawnSync('berth', ['status'], { encoding: 'utf8' });
      if (/default\/hello +1\/1 +Running/.test(stdout)) break;
      assert.ok(performance.now() < 400_000, stdout);
      // berth status has nothing to wait for.
      await sleep(1000);
    }
  });
  await step('a package with crictl can be installed and removed beside it', () => {
    mkdirSync('/root/deb/DEBIAN', { recursive: true });
    mkdirSync('/root/deb/usr/bin', { recursive: true });
    const control = [
      'Package: cri-tools',
      'Version: 1',
      'Architecture: all',
      'Maintainer: a <a@b>',
      'Description: x',
    ];
    writeFileSync('/root/deb/DEBIAN/control', `${control.join('\n')}\n`);
    writeFileSync('/root/deb/usr/bin/crictl', '#!/bin/sh\necho theirs\n', { mode: 0o755 });
    run('dpkg-deb', '-b', '/root/deb', '/root/cri-tools.deb');
    run('dpkg', '-i', '/root/cri-tools.deb');
    assert.equal(run('crictl'), 'theirs\n');
    run('dpkg', '-P', 'cri-tools');
    assert.equal(readlinkSync('/usr/bin/crictl'), '../lib/berth/bin/crictl');
  });
  await step('removal ends the node and keeps settings and images', () => {
    run('apt-get', 'remove', '-y', '-q', 'berth');
    const { stdout } = spawnSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' });
    assert.doesNotMatch(stdout, /berthd|kubelet|conmon|httpd/);
    for (const path of [
      '/usr/lib/berth',
      '/usr/bin/berth',
      '/usr/bin/crictl',
      '/usr/bin/kubelet',
      '/run/berth',
    ])
      assert.ok(!existsSync(path), path);
    for (const path of ['/etc/berth/config.yaml', '/var/lib/berth']) assert.ok(existsSync(path), path);
    // /berth is the drive with this file.
    const mounted = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[4] ?? '');
    assert.deepEqual(
      mounted.filter((path) => /\/(run|lib)\/berth|kubelet\/pods/.test(path)),
      [],
    );
    assert.deepEqual(
      readdirSync('/sys/fs/cgroup').filter((name) => /kubepods|berth/.test(name)),
      [],
    );
    for (const unit of units) assert.ok(!isActive(unit));
  });
  await step('a purge leaves what was there before the package', () => {
    run('apt-get', 'purge', '-y', '-q', 'berth');
    const before = JSON.parse(readFileSync(record, 'utf8'));
    run('systemctl', 'disable', '--quiet', 'test-network.service');
    const now = files().filter((path) => !path.includes('test-network'));
    assert.deepEqual(
      now.filter((path) => !before.includes(path)),
      [],
    );
    assert.deepEqual(
      before.filter((path) => !now.includes(path)),
      [],
    );
  });
}

await (existsSync(record) ? afterReboot() : beforeReboot());
