import type { OciRuntime } from '../oci-runtime/runtime.ts';

/** What one conmon supervises. All paths are absolute. */
export interface ConmonSpec {
  containerId: string;
  /** The container's name, for conmon's own messages. */
  name: string;
  /** Directory of config.json; conmon puts its `attach` socket, `ctl` and `winsz` fifos there. */
  bundle: string;
  runtime: OciRuntime;
  /** Log file in CRI format; undefined drops the output. */
  logPath: string | undefined;
  terminal: boolean;
  /** Keep a stdin for attach; `stdinOnce` closes it when the first client leaves. */
  stdin: boolean;
  stdinOnce: boolean;
  /** conmon writes the exit code to `exitDir/CONTAINER_ID` and to `persistDir/exit`, an OOM kill to `persistDir/oom`. */
  exitDir: string;
  persistDir: string;
  /** Where the pid of the container's init is written, and conmon's own. */
  pidFile: string;
  conmonPidFile: string;
  /** The runtime's JSON log; the reason of a failed creation is read from it. */
  runtimeLog: string;
  /** Directory of criu's images: restore from them instead of creating. */
  checkpoint?: string | undefined;
}

/** conmon's command line; the options are those of conmon 2.0.26 and later. */
export function conmonArguments(spec: ConmonSpec): string[] {
  const { runtime } = spec;
  const args = ['--cid', spec.containerId, '--cuuid', spec.containerId, '--name', spec.name];
  args.push('--bundle', spec.bundle, '--exit-dir', spec.exitDir, '--persist-dir', spec.persistDir);
  args.push('--container-pidfile', spec.pidFile, '--conmon-pidfile', spec.conmonPidFile);
  // conmon's "k8s-file" is the CRI log format.
  args.push('--log-path', spec.logPath === undefined ? 'none' : `k8s-file:${spec.logPath}`);
  // Without --no-sync-log conmon calls fsync at every exit, which takes longer than the rest of the stop.
  args.push('--no-sync-log', '--full-attach');
  if (spec.terminal) args.push('--terminal');
  if (spec.stdin) args.push('--stdin');
  if (spec.stdin && !spec.stdinOnce) args.push('--leave-stdin-open');
  if (spec.checkpoint !== undefined) {
    args.push('--restore', spec.checkpoint, '--runtime-opt', '--file-locks');
  }
  args.push('--runtime', runtime.path);
  for (const argument of [...runtimeLogArguments(spec.runtimeLog), ...globalArguments(runtime)]) {
    args.push('--runtime-arg', argument);
  }
  args.push(...runtime.cgroupNaming.runtimeOptions);
  return args;
}

// conmon adds --systemd-cgroup itself, so only the other options are passed, each as one word.
function globalArguments(runtime: OciRuntime): string[] {
  return [`--root=${runtime.root}`, ...runtime.handler.args];
}

function runtimeLogArguments(path: string): string[] {
  return [`--log=${path}`, '--log-format=json'];
}
