// Runs a tcpSocket probe: a connection that is closed at once. SO_LINGER, which the real kubelet sets, does not shorten
// TIME_WAIT on Linux, so that nothing is lost without it.
import { connect } from 'node:net';
import { joinHostPort } from '@berth/common/host-port.ts';
import { maxTimerMs } from '@berth/common/max-timer.ts';
import { networkError } from './network-error.ts';
import type { ProbeOutcome } from './outcome.ts';

/** Success when the port accepts a connection within `timeoutMs`. */
export function probeTcp(
  { host, port }: { host: string; port: number },
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (outcome: ProbeOutcome) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      resolve(outcome);
    };
    const fail = (output: string) => end({ result: 'failure', output });
    const abort = () => fail('the probe was stopped');
    const timer = setTimeout(
      () => fail(`dial tcp ${joinHostPort(host, port)}: i/o timeout`),
      Math.min(timeoutMs, maxTimerMs),
    );
    signal?.addEventListener('abort', abort);
    socket.on('connect', () => end({ result: 'success', output: '' }));
    socket.on('error', (error) => fail(networkError(error, { host, port })));
  });
}
