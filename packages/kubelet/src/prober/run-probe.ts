// Runs a probe once, whatever its handler.
import type { Container, Probe } from '../api/pod.ts';
import { expandCommand } from '../env/environment.ts';
import { type ExecProbePorts, probeExec } from './exec.ts';
import { probeGrpc } from './grpc.ts';
import { probeHttp } from './http.ts';
import { httpGetRequest, resolvePort } from './http-request.ts';
import type { ProbeOutcome } from './outcome.ts';
import { probeTcp } from './tcp.ts';

/** How often to try again when a run found nothing out. */
const maxTries = 3;

/** What a probe is run on. */
export interface ProbeTarget {
  probe: Probe;
  container: Container;
  containerId: string;
  /** The pod's address, or the node's for a pod on its network. */
  podIp: string;
}

/** Runs the probe. Throws when three tries found nothing out, and when `signal` is aborted. */
export async function runProbe(
  target: ProbeTarget,
  ports: ExecProbePorts,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      const outcome = await runOnce(target, ports, signal);
      signal.throwIfAborted();
      return outcome;
    } catch (error) {
      if (signal.aborted || attempt >= maxTries) throw error;
    }
  }
}

async function runOnce(
  { probe, container, containerId, podIp }: ProbeTarget,
  ports: ExecProbePorts,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const { exec, httpGet, tcpSocket, grpc, timeoutSeconds } = probe;
  const timeoutMs = timeoutSeconds * 1000;
  if (exec) {
    // Only variables with a literal value are replaced: the others are known inside the container alone.
    const literal = new Map((container.env ?? []).map(({ name, value = '' }) => [name, Buffer.from(value)]));
    const command = expandCommand(exec.command, literal);
    return probeExec({ containerId, command, timeoutSeconds }, ports, signal);
  }
  if (httpGet) return probeHttp(httpGetRequest(httpGet, container, podIp, 'probe'), timeoutMs, signal);
  if (tcpSocket) {
    const port = resolvePort(tcpSocket.port, container);
    return probeTcp({ host: tcpSocket.host || podIp, port }, timeoutMs, signal);
  }
  if (grpc)
    return probeGrpc({ host: podIp, port: grpc.port, service: grpc.service ?? '' }, timeoutMs, signal);
  throw new Error('the probe has no handler');
}
