// Writes the audit lines of Exec, ExecSync and Attach: client, container, command, result and duration.

import { peerCredentials } from '@berth/linux/sockets/peer-credentials.ts';
import type { LogFields, Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import type { Container } from '../state/container.ts';
import type { Sandbox } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';

/** The client: the program behind the CRI socket, or the address of a streaming client. */
export interface Requester {
  readonly peer?: string;
  readonly remote?: string;
}

/** Describes the process at the other end of a Unix socket connection. */
export function describePeer(descriptor: number): string {
  const { pid, uid, program } = peerCredentials(descriptor);
  return [`pid ${pid}`, `uid ${uid}`, program].filter((part) => part !== undefined).join(', ');
}

/** What was done in a container. */
export interface AuditedAction {
  readonly cmd?: readonly string[];
  readonly tty?: boolean;
}

/** Maximum length of a logged command; a longer one is truncated. */
const maxCommandLength = 1000;

/** The fields of an audit line: client, container and command. Pure. */
export function auditFields(
  container: Pick<Container, 'id' | 'config'>,
  sandbox: Pick<Sandbox, 'config'> | undefined,
  { cmd, tty }: AuditedAction,
  { peer, remote }: Requester,
): LogFields {
  const pod = sandbox?.config.metadata;
  const command = cmd === undefined ? undefined : JSON.stringify(cmd);
  return {
    pod: pod === undefined ? undefined : `${pod.namespace}/${pod.name}`,
    containerName: container.config.metadata?.name,
    container: container.id,
    command:
      command !== undefined && command.length > maxCommandLength
        ? `${command.slice(0, maxCommandLength)}…`
        : command,
    tty,
    peer,
    remote,
  };
}

/**
 * Runs an action in a container and then logs client, container, result and duration. `what` begins the line, as in
 * `Exec` or `Attach`.
 */
export async function audited<Result extends { exitCode?: number }>(
  { log, state }: { readonly log: Logger; readonly state: State },
  what: string,
  container: Container,
  details: AuditedAction & Requester,
  action: () => Promise<Result>,
): Promise<Result> {
  const began = performance.now();
  const fields = auditFields(container, state.sandboxes.get(container.sandboxId), details, details);
  const duration = () => `${(performance.now() - began).toFixed(1)}ms`;
  try {
    const result = await action();
    log.info(`${what} ended`, { ...fields, exitCode: result.exitCode, duration: duration() });
    return result;
  } catch (error) {
    log.info(`${what} failed: ${messageWithCauses(error)}`, { ...fields, duration: duration() });
    throw error;
  }
}
