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
    rootDir: withoutContents(fileTree('/var/lib/kubelet', /^(pods|static-pods)\/./)),
    logs: fileTree('/var/log', /^(pods|containers)\/./),
  };
}

function withoutContents(files: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(
    Object.entries(files).map(([path, line]) => [path, line.replace(/ (".*"|\d+ bytes)(?= |$)/, '')]),
  );
}
