// `berth exec`: runs a command in a container of a pod, with the flags of kubectl.
import { RemoteExitError, Sessions } from '@berth/crictl/streams/session.ts';
import { UserError } from '../errors/user-error.ts';
import { interruptedCode, withRuntime } from '../node/cri-app.ts';
import { podsOf } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { chooseContainer, runtimeId, statusOfContainer } from '../pods/container.ts';
import { findPod, shortName } from '../pods/find.ts';

export interface ExecOptions {
  readonly container?: string;
  readonly stdin: boolean;
  readonly tty: boolean;
  /** Says nothing about the choice of the container. */
  readonly quiet: boolean;
}

/**
 * Runs the command and passes input, output and signals on.
 * @returns its exit code
 */
export async function exec(
  layout: NodeLayout,
  word: string,
  cmd: readonly string[],
  { container, stdin, tty: wantsTty, quiet }: ExecOptions,
): Promise<number> {
  const pod = findPod(word, await podsOf(layout));
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') {
    throw new UserError(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  }
  const { name, note } = chooseContainer(pod, container, 'fail');
  if (note !== undefined && !quiet) console.error(note);
  const { state, containerID = '' } = statusOfContainer(pod, name) ?? {};
  if (state?.running === undefined) {
    const why = state?.waiting?.reason ?? (state?.terminated && 'it has ended');
    const because = why === undefined ? '' : `: ${why}`;
    throw new UserError(`container ${name} of pod ${shortName(pod)} does not run${because}`);
  }
  // As kubectl: a terminal needs input, and input from one.
  const tty = wantsTty && stdin && process.stdin.isTTY === true;
  if (wantsTty && stdin && !tty && !quiet) {
    console.error('Unable to use a TTY - input is not a terminal or the right kind of file');
  }
  const exitCode = await withRuntime(layout, async (app) => {
    const detachKeys = Buffer.alloc(0);
    const sessions = new Sessions(app, {
      interactive: stdin,
      tty,
      detachKeys,
      transport: 'spdy',
      tls: 'insecure',
    });
    try {
      const request = { containerId: runtimeId(containerID), cmd: [...cmd], stdin, tty };
      const outputs = { stdout: true, stderr: !tty };
      const { url } = await (await app.runtime()).exec({ ...request, ...outputs }, app.call());
      await sessions.run(url);
      return 0;
    } catch (error) {
      if (!(error instanceof RemoteExitError)) throw error;
      console.error(error.message);
      return error.exitCode;
    } finally {
      sessions.close();
    }
  });
  return exitCode ?? interruptedCode;
}
