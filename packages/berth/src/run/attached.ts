// Connects this terminal to the container of `berth run`, and finds out how the container ended.

import { LogPrinter } from '@berth/cri/logs/printer.ts';
import type { App } from '@berth/crictl/app/app.ts';
import { standardOutput, whenWritable } from '@berth/crictl/logs/output.ts';
import { printContainerLog } from '@berth/crictl/logs/print-container.ts';
import { Sessions } from '@berth/crictl/streams/session.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';

/** What the container of the pod does, as far as the kubelet knows. */
export type ContainerView =
  | { readonly state: 'waiting' }
  | { readonly state: 'running'; readonly id: string }
  | { readonly state: 'ended'; readonly id: string };

/** The state of the pod's only container. Pure. */
export function containerView(pod: v1.Pod | undefined): ContainerView {
  const [status] = pod?.status?.containerStatuses ?? [];
  const idOf = (text: string | undefined) => (text ?? '').replace(/^.*:\/\//, '');
  const { running, terminated } = status?.state ?? {};
  const ended = terminated ?? (running === undefined ? status?.lastState?.terminated : undefined);
  if (running !== undefined && status?.containerID !== undefined)
    return { state: 'running', id: idOf(status.containerID) };
  if (ended === undefined) return { state: 'waiting' };
  return { state: 'ended', id: idOf(ended.containerID ?? status?.containerID) };
}

/** The exit code of a container of the pod; undefined while it runs. Pure. */
export function exitCodeOf(pod: v1.Pod | undefined, id: string): number | undefined {
  const ends = (pod?.status?.containerStatuses ?? []).flatMap(({ state, lastState }) => [
    state?.terminated,
    lastState?.terminated,
  ]);
  return ends.find((end) => end?.containerID?.endsWith(id) === true)?.exitCode;
}

/**
 * Prints what a container wrote, and with `interactive` passes the input on, until the container ends or the detach keys
 * are typed. What it wrote before this process was connected comes from its log; without a terminal all of it does.
 * @param after closes the session: it may end this process, when Ctrl-C was typed
 */
export async function follow(
  app: App,
  id: string,
  { interactive, tty, isRunning }: { interactive: boolean; tty: boolean; isRunning: boolean },
  after: DisposableStack,
): Promise<void> {
  const printLog = (follow: boolean) =>
    printContainerLog(app, id, {
      printer: new LogPrinter(standardOutput, {
        timestamps: false,
        sinceNano: undefined,
        limitBytes: undefined,
      }),
      tailLines: undefined,
      follow,
      previous: false,
      reopen: false,
      whenWritable,
    });
  if (!interactive || !isRunning) return printLog(isRunning);
  const sessions = new Sessions(app, { interactive, tty, transport: 'websocket', tls: 'insecure' });
  after.defer(() => sessions.close());
  const connect = async (stdout: boolean): Promise<void> => {
    const request = { containerId: id, stdin: true, tty, stdout, stderr: false };
    const { url } = await (await app.runtime()).attach(request, app.call());
    await sessions.run(url);
  };
  if (tty) {
    await printLog(false);
    await connect(true);
    return;
  }
  // What it writes while this process connects is neither lost nor told twice.
  await Promise.all([printLog(true), connect(false)]);
}
