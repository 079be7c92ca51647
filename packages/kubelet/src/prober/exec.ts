// Runs an exec probe: a command in the container, by the CRI's ExecSync.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { maxOutputBytes, type ProbeOutcome } from './outcome.ts';

/** The parameters of exec probes. */
export interface ExecProbePorts {
  runtime: Pick<RuntimeClient, 'execSync'>;
  /** Time beyond the probe's own that the runtime has to end the command. */
  options: { runtimeRequestTimeoutMs: number };
}

/**
 * Success when the command exits with 0, failure with another status or when it takes longer than `timeoutSeconds`.
 * Throws when the runtime cannot run it.
 */
export async function probeExec(
  {
    containerId,
    command,
    timeoutSeconds,
  }: { containerId: string; command: string[]; timeoutSeconds: number },
  { runtime, options }: ExecProbePorts,
  signal?: AbortSignal,
): Promise<ProbeOutcome> {
  try {
    const { exitCode, stdout, stderr } = await runtime.execSync(
      { containerId, cmd: command, timeout: BigInt(timeoutSeconds) },
      {
        timeoutMs: timeoutSeconds * 1000 + options.runtimeRequestTimeoutMs,
        ...(signal ? { signal } : {}),
      },
    );
    const output = Buffer.concat([stdout.subarray(0, maxOutputBytes), stderr.subarray(0, maxOutputBytes)]);
    return {
      result: exitCode === 0 ? 'success' : 'failure',
      output: output.subarray(0, maxOutputBytes).toString(),
    };
  } catch (error) {
    if (!(error instanceof CriError) || error.code !== 'DEADLINE_EXCEEDED') throw error;
    const words = JSON.stringify(command.join(' '));
    return { result: 'failure', output: `command timed out: ${words} timed out after ${timeoutSeconds}s` };
  }
}
