// Runs a postStart or preStop hook of a container.
// https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { cut, quoted } from '@berth/common/printable.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { Container, LifecycleHandler, PodIdentity } from '../api/pod.ts';
import { rpcErrorText } from '../kubecontainer/rpc-error-text.ts';
import type { HookMetrics } from '../metrics/hook-metrics.ts';
import { httpGetRequest } from '../prober/http-request.ts';
import { httpHook } from './http-hook.ts';

/** A command of a hook has no deadline of its own: it ends with its container, or with the grace period. */
const noDeadlineMs = 24 * 3600 * 1000;
/** Characters of a command's output that a message has. */
const maxOutput = 4096;

/** The container of a hook. */
export interface HookTarget {
  pod: PodIdentity;
  id: string;
  container: Pick<Container, 'name' | 'ports'>;
  /** Address of the pod; undefined when it has none. */
  podIp: string | undefined;
}

/** The parameters of running hooks. */
export interface HookPorts {
  runtime: Pick<RuntimeClient, 'execSync'>;
  hookMetrics: Pick<HookMetrics, 'fellBackToHttp' | 'sleepEndedEarly'>;
}

/** A hook that failed; the message is what the container's status shows. */
export class HookError extends Error {
  override readonly name = 'HookError';
}

/** Runs the hook until it is done. Throws HookError when it fails, the signal's reason when that fires first. */
export async function runHook(
  hook: LifecycleHandler,
  target: HookTarget,
  { runtime, hookMetrics }: HookPorts,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace, uid } = target.pod;
  const where = `for Container ${quoted(target.container.name)} in Pod "${name}_${namespace}(${uid})"`;
  const failed = (what: string, error: unknown, more = ''): HookError =>
    new HookError(`${what} ${where} failed - error: ${rpcErrorText(error)}${more}`, { cause: error });
  signal.throwIfAborted();
  if (hook.exec) {
    const command = hook.exec.command ?? [];
    const what = `Exec lifecycle hook ([${command.join(' ')}])`;
    const output = { text: '' };
    await runCommand(command, target.id, runtime, signal, output).catch((error: unknown) => {
      signal.throwIfAborted();
      throw failed(what, error, `, message: ${quoted(output.text, maxOutput)}`);
    });
  } else if (hook.httpGet) {
    const { httpGet } = hook;
    await getUrl(httpGet, target, hookMetrics, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw failed(`HTTP lifecycle hook (${httpGet.path ?? ''})`, error);
    });
  } else if (hook.sleep) {
    await sleepUntilAborted(hook.sleep.seconds * 1000, signal);
    if (signal.aborted) hookMetrics.sleepEndedEarly();
    signal.throwIfAborted();
  } else {
    // As in Kubernetes: the API accepts tcpSocket in a hook, and no kubelet runs it.
    throw new HookError(`Cannot run handler: invalid handler: ${JSON.stringify(hook)}`);
  }
}

/** Runs a command in the container, and throws unless it exits with 0. Leaves what it wrote in `output`. */
async function runCommand(
  cmd: readonly string[],
  containerId: string,
  runtime: HookPorts['runtime'],
  signal: AbortSignal,
  output: { text: string },
): Promise<void> {
  const { stdout, stderr, exitCode } = await runtime.execSync(
    { containerId, cmd: [...cmd], timeout: 0n },
    { timeoutMs: noDeadlineMs, signal },
  );
  if (exitCode === 0) return;
  const [out, err] = [Buffer.from(stdout).toString(), Buffer.from(stderr).toString()];
  output.text = out + err;
  throw new Error(`command '${cmd.join(' ')}' exited with ${exitCode}: ${cut(err, maxOutput)}`);
}

async function getUrl(
  action: NonNullable<LifecycleHandler['httpGet']>,
  { container, podIp }: HookTarget,
  metrics: HookPorts['hookMetrics'],
  signal: AbortSignal,
): Promise<void> {
  if (!action.host && podIp === undefined) throw new Error('failed to find networking container');
  const request = httpGetRequest(action, container, podIp ?? '', 'lifecycle');
  const { sentBy } = await httpHook(request, signal);
  if (sentBy !== request.scheme) metrics.fellBackToHttp();
}
