import assert from 'node:assert/strict';
import { test } from 'node:test';
import { v1Details, v2Details } from './details.ts';
import { hugepageName } from './hugepages.ts';
import { keyedNumber, limitBytes, numberIn } from './keyed-file.ts';
import { parsePressure } from './psi.ts';
import { type ReadFile, v1Usage, v2Usage } from './usage.ts';

function files(texts: Record<string, string>): ReadFile {
  return (_controller, file) => texts[file];
}

const v1Files = {
  'cpuacct.usage': '5000000123',
  'cpuacct.usage_user': '3000000000',
  'cpuacct.usage_sys': '2000000123',
  'cpuacct.usage_percpu': '4000000000 1000000123 ',
  'cpu.stat': 'nr_periods 40\nnr_throttled 7\nthrottled_time 123456789',
  'memory.usage_in_bytes': '1000000',
  'memory.limit_in_bytes': '4000000',
  'memory.memsw.limit_in_bytes': '5000000',
  'memory.max_usage_in_bytes': '1200000',
  'memory.failcnt': '3',
  'memory.kmem.usage_in_bytes': '8192',
  'memory.stat':
    'cache 1\nrss 2\npgfault 3\ntotal_cache 600000\ntotal_rss 300000\ntotal_mapped_file 5000\ntotal_swap 4096\n' +
    'total_pgfault 900\ntotal_pgmajfault 9\ntotal_inactive_file 400000\ntotal_active_file 100000',
  'pids.current': '4',
  'pids.max': 'max',
  'hugetlb.2MB.usage_in_bytes': '2097152',
  'hugetlb.2MB.max_usage_in_bytes': '4194304',
  'blkio.throttle.io_service_bytes_recursive':
    '254:0 Read 4096\n254:0 Write 8192\n254:0 Total 12288\nTotal 12288',
  'blkio.throttle.io_serviced_recursive': '254:0 Read 1\n254:0 Write 2\n254:0 Total 3\nTotal 3',
};

const pressure =
  'some avg10=0.84 avg60=3.27 avg300=6.97 total=3148\nfull avg10=0.00 avg60=0.10 avg300=0.00 total=12';

const v2Files = {
  'cpu.stat':
    'usage_usec 5000000\nuser_usec 3000000\nsystem_usec 2000000\nnr_periods 40\nnr_throttled 7\nthrottled_usec 123456',
  'cpu.pressure': pressure,
  'memory.current': '1000000',
  'memory.max': 'max',
  'memory.peak': '1200000',
  'memory.stat':
    'anon 300000\nfile 600000\nkernel 8192\nfile_mapped 5000\ninactive_file 400000\npgfault 900\npgmajfault 9',
  'memory.events': 'low 0\nhigh 0\nmax 3\noom 1\noom_kill 1',
  'memory.swap.current': '4096',
  'memory.swap.max': '8192',
  'pids.current': '4',
  'pids.max': '100',
  'hugetlb.2MB.current': '2097152',
  'io.stat': '254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n7:0 ',
};

test('usage of cgroup v1: working set, limits, swap apart from memory', () => {
  assert.deepEqual(v1Usage(files(v1Files)), {
    cpuNanoseconds: 5_000_000_123n,
    memoryBytes: 1_000_000n,
    workingSetBytes: 600_000n,
    rssBytes: 300_000n,
    memoryLimitBytes: 4_000_000n,
    swapBytes: 4096n,
    swapLimitBytes: 1_000_000n,
    pageFaults: 900n,
    majorPageFaults: 9n,
    pids: 4,
  });
  assert.equal(v1Usage(files({})), undefined);
});

test('usage of cgroup v1 without limits, and with more inactive files than memory', () => {
  const unlimited = {
    ...v1Files,
    'memory.limit_in_bytes': '9223372036854771712',
    'memory.memsw.limit_in_bytes': '9223372036854771712',
    'memory.usage_in_bytes': '100',
  };
  const usage = v1Usage(files(unlimited));
  assert.deepEqual(
    [usage?.memoryLimitBytes, usage?.swapLimitBytes, usage?.workingSetBytes],
    [undefined, undefined, 0n],
  );
  const asked: string[] = [];
  const stat = `${v1Files['memory.stat']}\nhierarchical_memory_limit 9223372036854771712`;
  v1Usage((controller, file) => {
    asked.push(file);
    return files({ ...unlimited, 'memory.stat': stat })(controller, file);
  });
  assert.ok(!asked.some((file) => file.includes('limit')), asked.join(' '));
});

test('usage of cgroup v2: the same, and pressure', () => {
  const { cpuPressure, memoryPressure, ioPressure, ...usage } = v2Usage(files(v2Files)) ?? {};
  assert.deepEqual(usage, {
    cpuNanoseconds: 5_000_000_000n,
    memoryBytes: 1_000_000n,
    workingSetBytes: 600_000n,
    rssBytes: 300_000n,
    swapBytes: 4096n,
    swapLimitBytes: 8192n,
    pageFaults: 900n,
    majorPageFaults: 9n,
    pids: 4,
  });
  assert.deepEqual(cpuPressure, {
    some: { totalNanoseconds: 3_148_000n, avg10: 0.84, avg60: 3.27, avg300: 6.97 },
    full: { totalNanoseconds: 12_000n, avg10: 0, avg60: 0.1, avg300: 0 },
  });
  assert.deepEqual([memoryPressure, ioPressure], [undefined, undefined]);
  assert.equal(v2Usage(files({ 'memory.max': 'max' })), undefined);
});

test('details of cgroup v1', () => {
  assert.deepEqual(v1Details(files(v1Files), ['2MB', '1GB']), {
    cpu: {
      userNanoseconds: 3_000_000_000n,
      systemNanoseconds: 2_000_000_123n,
      perCpuNanoseconds: [4_000_000_000n, 1_000_000_123n],
      periods: 40n,
      throttledPeriods: 7n,
      throttledNanoseconds: 123_456_789n,
      burstPeriods: 0n,
      burstNanoseconds: 0n,
    },
    memory: {
      cacheBytes: 600_000n,
      mappedFileBytes: 5000n,
      activeFileBytes: 100_000n,
      inactiveFileBytes: 400_000n,
      dirtyBytes: 0n,
      writebackBytes: 0n,
      pagesScanned: 0n,
      pagesReclaimed: 0n,
      fileRefaults: 0n,
      anonymousRefaults: 0n,
      highEvents: 0n,
      maxEvents: 0n,
      kernelBytes: 8192n,
      peakBytes: 1_200_000n,
      limitHits: 3n,
    },
    hugepages: [{ pageSize: '2MB', bytes: 2_097_152n, peakBytes: 4_194_304n }],
    io: [
      { major: 254, minor: 0, operation: 'Read', bytes: 4096n, count: 1n },
      { major: 254, minor: 0, operation: 'Write', bytes: 8192n, count: 2n },
      { major: 254, minor: 0, operation: 'Total', bytes: 12_288n, count: 3n },
    ],
  });
  assert.equal(v1Details(files({}), []), undefined);
});

test('details of cgroup v2', () => {
  assert.deepEqual(v2Details(files(v2Files), ['2MB']), {
    cpu: {
      userNanoseconds: 3_000_000_000n,
      systemNanoseconds: 2_000_000_000n,
      periods: 40n,
      throttledPeriods: 7n,
      throttledNanoseconds: 123_456_000n,
      burstPeriods: 0n,
      burstNanoseconds: 0n,
    },
    memory: {
      cacheBytes: 600_000n,
      mappedFileBytes: 5000n,
      activeFileBytes: 0n,
      inactiveFileBytes: 400_000n,
      dirtyBytes: 0n,
      writebackBytes: 0n,
      pagesScanned: 0n,
      pagesReclaimed: 0n,
      fileRefaults: 0n,
      anonymousRefaults: 0n,
      highEvents: 0n,
      maxEvents: 3n,
      kernelBytes: 8192n,
      peakBytes: 1_200_000n,
      limitHits: 3n,
    },
    hugepages: [{ pageSize: '2MB', bytes: 2_097_152n }],
    io: [
      { major: 254, minor: 0, operation: 'Read', bytes: 4096n, count: 1n },
      { major: 254, minor: 0, operation: 'Write', bytes: 8192n, count: 2n },
      { major: 7, minor: 0, operation: 'Read', bytes: 0n, count: 0n },
      { major: 7, minor: 0, operation: 'Write', bytes: 0n, count: 0n },
    ],
    pidsLimit: 100n,
  });
  assert.equal(v2Details(files({}), []), undefined);
});

test('single numbers: by whole name only', () => {
  const text = 'max_usage 1\nusage 2\nlast 3';
  assert.deepEqual(
    ['max_usage', 'usage', 'last', 'max', 'las'].map((name) => keyedNumber(text, name)),
    [1n, 2n, 3n, undefined, undefined],
  );
  assert.deepEqual(
    ['12', '-1', 'max', '', undefined].map((each) => numberIn(each)),
    [12n, undefined, undefined, undefined, undefined],
  );
  assert.equal(limitBytes('9223372036854771712'), undefined);
});

test('pressure: a kernel that knows no full pressure of CPUs, or none at all', () => {
  assert.deepEqual(parsePressure('some avg10=1.00 avg60=2.00 avg300=3.00 total=4'), {
    some: { totalNanoseconds: 4000n, avg10: 1, avg60: 2, avg300: 3 },
  });
  for (const text of [undefined, '', 'nonsense']) assert.equal(parsePressure(text), undefined);
});

test('huge page sizes as in file names', () => {
  assert.deepEqual([64, 2048, 1_048_576].map(hugepageName), ['64KB', '2MB', '1GB']);
});
