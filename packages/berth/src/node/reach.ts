// Tells "no permission" from "not running" at the sockets of the daemons.
import { connectProblem } from '@berth/cri/client/connect-problem.ts';
import { defaultConfigPath } from '@berth/runtime/config/config.ts';
import { UserError } from '../errors/user-error.ts';

/** Whether a server accepts connections at a socket, none does, or this user may not connect. */
export type Reach = 'open' | 'absent' | 'forbidden';

/** Tries to connect to a socket. */
export async function reach(socket: string): Promise<Reach> {
  return reachOf(await connectProblem(socket));
}

/** What the error code of connect(2) says about a server; undefined: it accepted the connection. Pure. */
export function reachOf(problem: string | undefined): Reach {
  if (problem === undefined) return 'open';
  return problem === 'EACCES' || problem === 'EPERM' ? 'forbidden' : 'absent';
}

/** How a user without permission gets it. */
export function accessAdvice(command: string): string {
  return `run it as root (sudo ${command}), or give your group the runtime's socket: socketGroup in ${defaultConfigPath}`;
}

/** The error of a command that cannot connect to the runtime. */
export async function unreachable(socket: string, command: string): Promise<UserError> {
  return (await reach(socket)) === 'forbidden'
    ? new UserError(`permission denied at ${socket}: ${accessAdvice(command)}`)
    : new UserError(`the runtime does not answer at ${socket}; start it with: berth up`);
}
