// What a kubelet makes of the node itself.
import type { Json } from '../normalise.ts';
import { limitsAt } from './cgroups.ts';
import { fileTree } from './files.ts';

/** The cgroups above those of pods, and the kubelet's folder without its pods. */
export function nodeFacts(): Json {
  const classes = ['', '/burstable', '/besteffort'];
  return {
    cgroups: Object.fromEntries(
      classes.map((name) => [`kubepods${name}`, limitsAt(`/node/kubepods${name}`)]),
    ),
    rootDir: fileTree('/var/lib/kubelet', /^pods\/./).map((line) => line.replace(/ (".*"|\d+ bytes)$/, '')),
    logs: fileTree('/var/log', /^(pods|containers)\/./),
  };
}
