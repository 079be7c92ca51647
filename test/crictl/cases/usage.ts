// stats, statsp, metricsp, metricdescs, what changes limits (update, update-runtime-config), checkpoint, completion.
import type { Comparison, TwinComparison } from '../comparison.ts';
import { each } from './list.ts';

const interrupt = { afterMs: 1200, signal: 'SIGINT' } as const;

const usage = { normalise: ['usage'] } as const;
/** containerd tells of a pod's containers in another order each time. */
const podUsage = { normalise: [...usage.normalise, 'lines'] } as const;

export const usageComparisons: readonly Comparison[] = [
  ...each(
    'stats',
    [
      '',
      '-a',
      '--all',
      '-a -o table',
      '-o json',
      '-a -o json',
      '-o yaml',
      '--output=yaml',
      '-o nonsense',
      '-o=',
      '-o',
      '--id <web.main>',
      '<web.main>',
      '-o json <web.main>',
      '-o json --id <web.main> <db.one>',
      '-a <web.done>',
      '-o json <web.done>',
      '-o json <web.waiting>',
      '-p <web>',
      '--pod <db> -o json',
      '--pod <web> --id <db.one> -o json',
      '-p nothing -o json',
      '--id nothing -o json',
      'nothing',
      '--label app=web',
      '--label app=web -o json',
      '--label app=nothing -o yaml',
      '--label app',
      '--label a=b=c',
      '-s 2 <web.main>',
      '--seconds=1 <web.main>',
      '-s -1 nothing',
      '-s 0 nothing',
      '-s soon',
      '-s 0x1 nothing',
      '-as 1 -o json nothing',
      '<web.main> <db.one>',
      '-x',
      '--help',
    ],
    usage,
  ),
  ...each(
    'statsp',
    [
      '',
      '-o table',
      '-o json',
      '-o yaml',
      '-o nonsense',
      '--id <web>',
      '<web>',
      '-o json <db>',
      '-o json <old>',
      '<old>',
      '-o json nothing',
      '--id nothing',
      '--label app=web -o json',
      '--label app=db',
      '--label app=nothing',
      '--label app',
      '-s 2 <web>',
      '-s x',
      '<web> <db>',
      '-a',
      '--help',
    ],
    podUsage,
  ),
  // Interrupted before the first sample is complete, and behind the first of all.
  ...each('stats --watch', ['-s 9', '-w=true -s 9 <web.main>', '--id nothing -s 9'], { interrupt }),
  ...each('stats -w', ['-o json <web.main>', '-o yaml'], {
    ...usage,
    interrupt: { ...interrupt, afterMs: 750 },
  }),
  ...each('statsp -w', ['-s 9', '-s 9 <web>'], { interrupt }),
  ...each('statsp --watch', ['-o json', '-o yaml <web>'], {
    ...podUsage,
    interrupt: { ...interrupt, afterMs: 750 },
  }),
  ...each('metricsp -w', ['', '-o yaml'], { ...usage, interrupt: { ...interrupt, afterMs: 750 } }),
  ...each('metricsp', ['', '-o json', '-o yaml', '-o=', '-o table', 'argument', '-x', '--help'], usage),
  ...each('metricdescs', ['', '-o json', '-o yaml', '-o=', '-o table', 'argument', '-w', '--help'], {
    // containerd lists them in another order each time.
    normalise: ['lines'],
  }),
  ...each('update', [
    '',
    '--help',
    '--memory 1',
    '--memory much <web.main>',
    '--memory 9223372036854775808 <web.main>',
    '--memory 1.5 <web.main>',
    '--memory',
    '--cpu-share 0x <web.main>',
    '--cpu-count x <web.main>',
    '--cpu-period= <web.main>',
    '--cpu-shares 1 <web.main>',
    '--oom-score-adj much <web.main>',
    '--cpu-count 2 --cpu-maximum 5000 <web.main>',
    'nothing',
    '<web.done>',
    '--cpu-share 512 nothing <web.main>',
    '--cpu-share 512 <web.done>',
  ]),
  ...each('update-runtime-config', ['', '--help', 'argument', '--pod-cidr', '-x', '-p 10.9.0.0/16 argument']),
  ...each('checkpoint', [
    '',
    '--help',
    '-e /nowhere/x.tar',
    '<web.main>',
    '--export= <web.main>',
    '-e <dir>/nothing.tar nothing',
    '-e <dir>/waiting.tar <web.waiting>',
    '-x',
  ]),
];

export const completionComparisons: readonly TwinComparison[] = [
  ...each('completion', ['bash', 'zsh', 'fish', '', 'sh', 'bash zsh', '--help', '-x']),
];

const running = { one: 'running' } as const;

export const usageTwins: readonly TwinComparison[] = [
  ...each('update', [
    '--memory 134217728 <one>',
    '--cpu-share 512 <one>',
    '--cpu-period 50000 --cpu-quota 25000 <one>',
    '--cpu-quota -1 <one>',
    '--cpuset-cpus 0 <one>',
    '--cpuset-cpus 0 --cpuset-mems 0 <one>',
    '--cpuset-cpus 999 <one>',
    '--oom-score-adj 500 <one>',
    '--oom-score-adj -10 --cpu-share=0x100 <one>',
    '<one>',
    '--memory 0 <one>',
    '--cpu-share 700 <one> nothing',
  ]).map((comparison): TwinComparison => ({ ...comparison, twins: running, effect: 'limits' })),
  {
    args: 'update --cpu-share 300 --memory 200000000 <one> <two>',
    twins: { one: 'running', two: 'created' },
    effect: 'limits',
  },
  { args: 'update --cpu-share 300 <one>', twins: { one: 'exited' }, effect: 'limits' },
  { args: 'update-runtime-config --pod-cidr 10.9.0.0/16' },
  { args: 'update-runtime-config -p=' },
  {
    args: '-t 60s checkpoint -e <dir>/checkpoint.tar <one>',
    twins: running,
    effect: 'limits',
  },
];
