// `berth up` in a real terminal of 80 by 24 cells, on a machine of its own.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Terminal } from '@berth/crictl/testing/terminal.ts';
import { type FreshMachine, startFreshMachine } from '@berth/test-support/fresh-machine.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { demoImage } from '../images/demo-image.ts';

const size = { columns: 80, rows: 24 };
let machine: FreshMachine;
let dir: ReturnType<typeof scratchDir>;

before(async () => {
  moveHugetlbToV1();
  process.env.BERTH_FROM_SOURCE = '1';
  dir = scratchDir('berth-terminal');
  machine = await startFreshMachine();
  await mkdir(join(machine.root, 'run/manifests'));
});
after(async () => {
  await machine?.run('bin/berth', 'down', '--timeout', '5');
  await machine?.[Symbol.asyncDispose]();
  dir?.[Symbol.dispose]();
});

/** Writes a manifest to /run/manifests of the machine; gives back its path there. */
async function manifest(name: string, command: string, spec: object = {}): Promise<string> {
  const path = `/run/manifests/${name}.json`;
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { ...spec, containers: [{ name: 'main', image: demoImage, command: ['sh', '-c', command] }] },
  };
  await writeFile(join(machine.root, path), JSON.stringify(pod));
  return path;
}

/** Runs shell commands without single quotes in a terminal on the machine. Ctrl-C ends what they run, not the shells. */
function terminal(script: string, { columns, rows } = size): Terminal {
  const survive = 'trap : INT';
  const command = `${survive}; ${machine.enter.join(' ')} sh -c '${survive}; ${script}'`;
  return new Terminal(dir.path, { columns, rows }, command);
}

/** The rows of a screen that have something on them. */
function rows(screen: string): string[] {
  return screen.split('\n').filter((row) => row !== '');
}

const sleeps = 'trap "exit 0" TERM; while :; do sleep 0.1; done';

test('a pod that runs and a crash loop: every row is told once, with the last lines of the log', async () => {
  const good = await manifest('good', sleeps);
  const crash = await manifest('crash', 'echo starting; echo no such table; sleep 1; exit 3');
  using screen = terminal(`bin/berth up ${good} ${crash}; echo exit $?`);
  await screen.shows(/^ {2}[⠀-⣿] {2}pod default\/good {3}Running, watched for \d s more$/m);
  const shown = rows(await screen.shows(/^exit 1$/m));
  const [berthd, kubelet, image, ...others] = shown;
  assert.match(berthd ?? '', /^ ok {2}berthd {3}\/run\/berth\/berth\.sock$/);
  assert.match(kubelet ?? '', /^ ok {2}kubelet {2}watching \/etc\/kubernetes\/manifests$/);
  assert.match(image ?? '', /^ ok {2}image {4}localhost\/berth-demo:1/);
  const text = others.join('\n');
  assert.match(
    text,
    /^(?: {5}.*\n)?( ok {2}pod default\/good .*Running\n|FAIL pod default\/crash {3}container main .*\n){2}/,
  );
  assert.match(
    text,
    /\nPOD +READY +STATUS +RESTARTS +IP +AGE\ndefault\/crash .*\ndefault\/good +1\/1 +Running /,
  );
  assert.match(
    text,
    /\nThe end of the log of default\/crash, main:\n {4}starting\n {4}no such table\n[\s\S]*The kubelet goes on trying: default\/crash\n/,
  );
  assert.equal(text.match(/FAIL/g)?.length, 1);
});

test('an update says how long the old pod may take, and Ctrl-C what goes on', async () => {
  const path = await manifest('slow', 'trap "" TERM; while :; do sleep 0.1; done', {
    terminationGracePeriodSeconds: 20,
  });
  const first = await machine.run('bin/berth', 'up', path);
  assert.equal(first.code, 0, first.err);
  await manifest('slow', 'trap "" TERM; while :; do sleep 0.2; done', { terminationGracePeriodSeconds: 20 });
  using screen = terminal(`stty -g | md5sum; bin/berth up ${path}; echo exit $?; stty -g | md5sum`);
  await screen.shows(/pod default\/slow {3}old pod ending, 1\d s left$/m);
  const status = await machine.run('bin/berth', 'status');
  assert.match(status.out, /default\/slow +0\/1 +Updating +0 +- +\ds\n/);
  assert.equal(status.out.match(/default\/slow/g)?.length, 1);
  screen.type('C-c');
  const shown = rows(await screen.shows(/^exit 130\n.+/m));
  const [settings, ...others] = shown;
  assert.equal(others.at(-1), settings, 'the terminal is as it was');
  assert.match(
    others.join('\n'),
    /\n {1,3}\S{1,2} {1,2}pod default\/slow {3}old pod ending, 1\d s left\nInterrupted\. The kubelet goes on with default\/slow\.\nTo see how it goes: berth status\nTo stop everything: berth down\nexit 130\n/,
  );
  assert.doesNotMatch(others.join('\n'), /\^C/);
});

test('Ctrl-C before anything runs', async () => {
  await machine.run('bin/berth', 'down', '--timeout', '1');
  const path = await manifest('never', sleeps);
  using screen = terminal(`bin/berth up ${path}; echo exit $?`);
  await screen.shows(/berthd {3}starting/);
  screen.type('C-c');
  const shown = await screen.shows(/^exit 130$/m);
  assert.match(shown, /Interrupted before any pod was started\. berthd/);
  const left = await machine.run('ls', '/etc/kubernetes/manifests');
  assert.doesNotMatch(left.out, /never/);
});

test('more pods than rows, in a narrow terminal, and nothing of it in a pipe', async () => {
  const paths: string[] = [];
  for (let index = 10; index < 25; index++) {
    paths.push(
      await manifest(`a-pod-with-a-name-that-is-rather-long-${index}`, 'true', { restartPolicy: 'Never' }),
    );
  }
  using screen = terminal(`bin/berth up ${paths.join(' ')} >/run/piped; cat /run/piped; echo exit $?`);
  const piped = rows(await screen.shows(/^exit 0$/m));
  assert.ok(piped.every((row) => !/[⠀-⣿]|watched|ContainerCreating/.test(row)));
  screen[Symbol.dispose]();
  await machine.run('bin/berth', 'down', ...paths);
  using low = terminal(`bin/berth up ${paths.join(' ')}; echo exit $?`, { columns: 50, rows: 10 });
  await low.shows(/^ {5}and \d+ waiting/m);
  const shown = await low.shows(/^exit 0$/m);
  assert.match(
    shown,
    /^default\/a-p… {2}0\/1 +Completed [\s\S]*\nNext: berth up YOUR\.yaml · berth ps · berth down\n/m,
  );
});
