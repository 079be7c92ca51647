// create, run, runp, start, stop, stopp, rm and rmp.
import type { Comparison, TwinComparison, TwinKind } from '../comparison.ts';
import { each } from './list.ts';

/** A command about twins, and what is left of them. */
function twins(
  args: string,
  kinds: Readonly<Record<string, TwinKind>>,
  more: Partial<TwinComparison> = {},
): TwinComparison {
  const held = Object.values(kinds).join(' ');
  return { name: `${args} (${held})`, args, twins: kinds, effect: 'pods', ...more };
}

const made = { alone: true, effect: 'pods', normalise: ['ids'] } as const;

export const lifecycleComparisons: readonly TwinComparison[] = [
  twins('start <a>', { a: 'created' }),
  twins('start <a> <b>', { a: 'created', b: 'created' }),
  twins('start <a>', { a: 'running' }),
  twins('start <a>', { a: 'exited' }),
  twins('start <a> nothing', { a: 'created' }),
  twins('start nothing <a>', { a: 'created' }),
  twins('stop <a>', { a: 'running' }),
  twins('stop -t 5 <a>', { a: 'running' }),
  twins('stop --timeout=1 <a>', { a: 'stubborn' }),
  twins('stop <a>', { a: 'created' }),
  twins('stop <a>', { a: 'exited' }),
  twins('stop <a> <b>', { a: 'running', b: 'stubborn' }),
  twins('stop <a> nothing', { a: 'running' }),
  twins('stop --all <a>', { a: 'running' }),
  twins('stopp <a>', { a: 'pod' }),
  twins('stopp <a>', { a: 'stopped-pod' }),
  twins('stopp <a.pod>', { a: 'running' }),
  twins('stopp <a> <b.pod>', { a: 'pod', b: 'running' }),
  twins('stopp <a> nothing', { a: 'pod' }),
  twins('rm <a>', { a: 'exited' }, { effect: 'pods' }),
  twins('rm <a>', { a: 'created' }),
  twins('rm <a>', { a: 'running' }),
  twins('rm -f <a>', { a: 'running' }),
  twins('rm --force <a> <b>', { a: 'running', b: 'exited' }, { normalise: ['lines'] }),
  twins('rm <a> <b>', { a: 'running', b: 'running' }, { normalise: ['lines'] }),
  twins('rm <a> nothing', { a: 'exited' }),
  twins('rm -k <a>', { a: 'exited' }, { effect: { file: '<a.logs>/twin/0.log' }, normalise: ['lines'] }),
  twins('rm --keep-logs=false <a>', { a: 'exited' }, { effect: { file: '<a.logs>/twin/0.log' } }),
  twins('rmp <a>', { a: 'stopped-pod' }),
  twins('rmp <a>', { a: 'pod' }),
  twins('rmp -f <a>', { a: 'pod' }),
  twins('rmp --force <a.pod>', { a: 'running' }),
  twins('rmp <a> <b>', { a: 'stopped-pod', b: 'stopped-pod' }, { normalise: ['lines'] }),
  twins('rmp -f <a> nothing', { a: 'stopped-pod' }),
  { args: 'runp <pod.json>', ...made },
  { args: 'runp <pod.yaml>', ...made },
  { args: 'runp <pod-no-parent.json>', ...made },
  { args: 'runp -T 30s <pod.json>', ...made },
  { args: 'runp --runtime runc <pod.json>', ...made },
  { args: 'runp -r nonsense <pod.json>', ...made },
  { args: 'run <container.json> <pod.json>', ...made },
  { args: 'run --no-pull <container.json> <pod.json>', ...made },
  { args: 'run --with-pull <container-app.json> <pod.json>', ...made },
  { args: 'run <container-app.json> <pod.json>', ...made },
  { args: 'run <container-absent-image.json> <pod.json>', ...made },
  { args: 'run --no-pull <container-absent-image.json> <pod.json>', ...made },
  { args: 'run --no-pull <container-no-name.json> <pod.json>', ...made },
  { args: 'run --no-pull -r runc -T 20s <container.json> <pod.yaml>', ...made },
  { args: 'run --no-pull <container.json> absent.json', ...made },
  {
    name: 'run <container-app.json> <pod.json> (disable-pull-on-run)',
    args: 'run <container-app.json> <pod.json>',
    config: '<own>/crictl.yaml',
    files: { 'crictl.yaml': 'runtime-endpoint: <endpoint>\ntimeout: 20\ndisable-pull-on-run: true\n' },
    ...made,
  },
  twins('create <a> <container.json> <pod.json>', { a: 'pod' }, made),
  twins('create --no-pull <a> <container.json> <pod.json>', { a: 'pod' }, made),
  twins('create --with-pull <a> <container-app.json> <pod.json>', { a: 'pod' }, made),
  twins('create --with-pull <a> <container-absent-image.json> <pod.json>', { a: 'pod' }),
  twins('create <a> <container.json> <pod.json>', { a: 'stopped-pod' }),
  twins(
    'create <a> <container-app.json> <pod.json>',
    { a: 'pod' },
    {
      name: 'create <a> <container-app.json> <pod.json> (pull-image-on-create)',
      config: '<own>/crictl.yaml',
      files: { 'crictl.yaml': 'runtime-endpoint: <endpoint>\ntimeout: 20\npull-image-on-create: true\n' },
      ...made,
    },
  ),
];

/** What is about all that there is on a node, from which the standing fixture is gone. */
export const wholeNodeComparisons: readonly TwinComparison[] = [
  twins('stop -a', { a: 'running', b: 'exited' }, { normalise: ['lines'] }),
  twins('stop --all', { a: 'exited' }),
  twins('rm -a', { a: 'exited', b: 'created' }, { normalise: ['lines'] }),
  twins('rm -af', { a: 'exited', b: 'running' }, { normalise: ['lines'] }),
  twins('rm --all', { a: 'running' }),
  twins('rm -a', { a: 'pod' }),
  twins('rmp -a', { a: 'stopped-pod', b: 'stopped-pod' }, { normalise: ['lines'] }),
  twins('rmp --all', { a: 'pod' }),
  twins('rmp -af', { a: 'pod', b: 'running' }, { normalise: ['lines'] }),
  ...each('', [
    'ps',
    'ps -a',
    'ps -q',
    'ps -o json',
    'ps -a -o yaml',
    'pods',
    'pods -q',
    'pods -o json',
    'pods -o yaml',
  ]),
  ...each('', [
    'stop -a',
    'rm -a',
    'rmp -a',
    'inspect',
    'inspectp',
    'exec -s -l true',
    'ps -l',
    'pods -l -v',
  ]),
].map((comparison) => ({ alone: true, ...comparison }));

/** Files that no pod and no container can be made of. */
export const badFileComparisons: readonly Comparison[] = [
  ...each('runp', [
    'absent.json',
    '<pod-no-metadata.json>',
    '<pod-no-name.json>',
    '<bad.json>',
    '<wrong-type.json>',
    '<empty.yaml>',
    '<dir>',
  ]),
  ...each('create <web>', [
    '<container-no-metadata.json> <pod.json>',
    '<container-no-name.json> <pod.json>',
    '<container-no-image.json> <pod.json>',
    '<container-empty-image.json> <pod.json>',
    'absent.json <pod.json>',
    '<bad.json> <pod.json>',
    '<container.json> absent.json',
    '<container.json> <pod-no-metadata.json>',
  ]),
  ...each('create nothing', ['<container.json> <pod.json>']),
];
