// The half of container runtimes: containerd and berthd.
import { defineHalf } from '../half.ts';
import { cdi } from './cdi.ts';
import { cni } from './cni.ts';
import { compression } from './compression.ts';
import { hostsToml } from './hosts-toml.ts';
import { imageConfigs } from './image-configs.ts';
import { layers } from './layers.ts';
import { manifests } from './manifests.ts';
import { mounts } from './mounts.ts';
import { startRuntimes } from './node.ts';
import { registryAnswers } from './registry-answers.ts';
import { seccomp } from './seccomp.ts';
import { users } from './users.ts';

export const runtimeHalf = defineHalf({
  cases: [
    ...layers,
    ...compression,
    ...imageConfigs,
    ...manifests,
    ...registryAnswers,
    ...hostsToml,
    ...cdi,
    ...cni,
    ...users,
    ...mounts,
    ...seccomp,
  ],
  start: startRuntimes,
  workers: 3,
});
