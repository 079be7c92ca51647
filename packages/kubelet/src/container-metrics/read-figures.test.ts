// Figures from the files of cgroup v2, in folders that look like it.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CgroupV2 } from '@berth/linux/cgroups/v2.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { CgroupReadings } from '../stats/cgroup-readings.ts';
import { Instant } from '../stats/instant.ts';
import { cgroupFamilies } from './families.ts';
import { filled } from './family.ts';
import { FiguresReader } from './read-figures.ts';

const id = (digit: string): string => digit.repeat(64);
const second = 1_000_000_000n;

test('figures of the root, pods, sandboxes and containers on cgroup v2', async () => {
  using scratch = scratchDir('cgroup');
  const write = (path: string, files: Record<string, string>): void => {
    mkdirSync(join(scratch.path, path), { recursive: true });
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(scratch.path, path, name), `${text}\n`);
  };
  write('/', {
    'cgroup.controllers': 'cpu memory pids',
    'cpu.stat': 'usage_usec 9000000\nuser_usec 5000000\nsystem_usec 4000000',
    'memory.stat': 'anon 1000\nfile 500\ninactive_file 300\npgfault 7\npgmajfault 1',
    'cgroup.procs': '',
  });
  const pod = '/kubepods/podu';
  write(pod, { 'cpu.stat': 'usage_usec 3000000', 'memory.stat': 'anon 10', 'memory.current': '20' });
  write(`${pod}/${id('c')}`, {
    'cpu.stat': 'usage_usec 2000000\nuser_usec 1500000\nsystem_usec 500000\nnr_periods 4',
    'cpu.max': '50000 100000',
    'cpu.weight': '4',
    'memory.stat': 'anon 5\nfile 3\npgsteal 6',
    'memory.current': '10',
    'memory.max': '64',
    'memory.events': 'high 1\nmax 2\noom_kill 3',
    'memory.pressure':
      'some avg10=0.00 avg60=0.00 avg300=0.00 total=2000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1000000',
    'pids.current': '2',
    'cgroup.procs': '',
  });
  const container = {
    id: id('c'),
    name: 'main',
    sandboxId: id('5'),
    state: 'running',
    restartCount: 0,
    hash: '',
    image: 'image:1',
    imageRef: '',
    createdAt: 5n * second,
    startedAt: 6000,
    finishedAt: 0,
    exitCode: 0,
    reason: '',
    message: '',
  } as const;
  const sandbox = {
    id: id('5'),
    attempt: 0,
    ready: true,
    createdAt: 4n * second,
    hostNetwork: false,
    ips: [],
  };
  const status = {
    uid: 'u',
    name: 'p',
    namespace: 'n',
    sandboxes: [{ ...sandbox, networkReported: true }],
    containers: [container, { ...container, id: id('d'), state: 'exited' as const }],
  };
  const readings = new CgroupReadings(new CgroupV2(scratch.path), Instant.ofMs(1000));
  const reader = new FiguresReader({
    readings,
    ownCgroups: ['/kubepods/gone'],
    runtimePods: () => [{ pod: undefined, status }],
    podCgroup: () => pod,
  });
  const figures = await reader.all([]);
  const labels = (path: string, others: string): string => `id="${path}",${others}`;
  assert.deepEqual(
    figures.map((each) => each.labels.replace(/^container="(.*?)",/, '$1 ').trim()),
    [
      labels('/', 'image="",name="",namespace="",pod=""'),
      labels(pod, 'image="",name="",namespace="n",pod="p"'),
      labels(`${pod}/${id('5')}`, `image="",name="${id('5')}",namespace="n",pod="p"`),
      `main ${labels(`${pod}/${id('c')}`, `image="image:1",name="${id('c')}",namespace="n",pod="p"`)}`,
    ],
  );
  const value = (name: string, index: number): number | undefined => {
    const family = cgroupFamilies.find((each) => each.name === `container_${name}`);
    const one = figures[index];
    assert.ok(family && one);
    return filled(family, [one]).samples[0]?.value;
  };
  const [root, ofPod, ofSandbox, ofContainer] = [0, 1, 2, 3];
  const rows: [string, number, number | undefined][] = [
    // The root of v2 does not tell its memory.
    ['memory_usage_bytes', root, 1500],
    ['memory_working_set_bytes', root, 1200],
    ['cpu_usage_seconds_total', root, 9],
    ['cpu_user_seconds_total', root, 5],
    ['memory_usage_bytes', ofPod, 20],
    ['cpu_cfs_periods_total', ofPod, undefined],
    // Without a process there is no usage.
    ['last_seen', ofSandbox, undefined],
    ['spec_cpu_shares', ofSandbox, undefined],
    ['cpu_usage_seconds_total', ofContainer, 2],
    ['cpu_cfs_periods_total', ofContainer, 4],
    ['memory_events_high_total', ofContainer, 1],
    ['memory_pgsteal_total', ofContainer, 6],
    ['oom_events_total', ofContainer, 3],
    ['pressure_memory_stalled_seconds_total', ofContainer, 1],
    ['pressure_memory_waiting_seconds_total', ofContainer, 2],
    ['pressure_cpu_waiting_seconds_total', ofContainer, undefined],
    ['spec_cpu_quota', ofContainer, 50_000],
    ['spec_cpu_shares', ofContainer, 80],
    ['spec_memory_limit_bytes', ofContainer, 64],
    ['threads', ofContainer, 2],
    ['creation_time_seconds', ofContainer, 5],
    ['start_time_seconds', ofContainer, 6],
  ];
  for (const [name, index, expected] of rows)
    assert.equal(value(name, index), expected, `${name} of ${index}`);
});
