import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { testOptions } from '../testing/options.ts';
import { podCgroup } from './cgroup-names.ts';
import { PodCgroups } from './pod-cgroups.ts';

test('a pod cgroup that a kill left in one hierarchy only is found and removed', async () => {
  const cgroups = detectCgroups();
  const options = testOptions({ cgroupRoot: '/berthtestpartial', cgroupDriver: 'cgroupfs' });
  const pods = new PodCgroups(cgroups, options);
  try {
    await pods.prepare(
      new Map([
        ['cpu', 2_000_000_000n],
        ['memory', 2n ** 30n * 1_000_000_000n],
      ]),
    );
    const path = podCgroup(options.cgroupRoot, 'cgroupfs', 'BestEffort', 'half');
    mkdirSync(cgroups.directory(path, 'memory') ?? assert.fail('there is no memory controller'));
    assert.deepEqual([...pods.pods()], ['half']);
    await pods.remove('half');
    assert.deepEqual([...pods.pods()], []);
  } finally {
    await cgroups.remove(options.cgroupRoot);
  }
});
