// crictl's parts for a command of berth: a connection to this node's runtime, and Ctrl-C.
import { App } from '@berth/crictl/app/app.ts';
import { interruption } from '@berth/crictl/app/interruption.ts';
import { Logger } from '@berth/crictl/cli/logger.ts';
import { statusIn } from '@berth/crictl/errors/describe.ts';
import { ExitError } from '@berth/crictl/errors/exit-error.ts';
import { UserError } from '../errors/user-error.ts';
import type { NodeLayout } from './layout.ts';
import { unreachable } from './reach.ts';

const timeoutMs = 10_000;
/** The exit code of a command that Ctrl-C ended, as in shells. */
export const interruptedCode = 130;

/** One for the process: a second Ctrl-C exits at once. */
let interrupted: AbortSignal | undefined;

/** What crictl's parts need to call the runtime of this node. Close it. */
export function criApp({ socket }: Pick<NodeLayout, 'socket'>): App {
  interrupted ??= interruption();
  const settings = {
    configPath: '',
    runtimeEndpoint: socket,
    imageEndpoint: undefined,
    timeoutMs,
    maxRetries: 0,
    debug: false,
    pullImageOnCreate: false,
    disablePullOnRun: false,
    profileCpu: '',
    profileMemory: '',
    tracing: undefined,
  };
  return new App(settings, new Logger(), interrupted);
}

/**
 * Calls `use` with a connection to the runtime, and closes it. After Ctrl-C the process exits with 130.
 * @throws UserError for what the runtime refuses
 */
export async function withRuntime<Result>(
  layout: Pick<NodeLayout, 'socket'>,
  use: (app: App) => Promise<Result>,
): Promise<Result | undefined> {
  const app = criApp(layout);
  try {
    return await use(app);
  } catch (error) {
    if (app.signal.aborted) return undefined;
    throw await explained(app, error);
  } finally {
    app.close();
    if (app.signal.aborted) process.exitCode = interruptedCode;
  }
}

/**
 * The error of a command that used crictl's parts, for the user: in words, with crictl's hint. Mistakes of ours stay as
 * they are.
 */
export async function explained(app: App, error: unknown): Promise<unknown> {
  if (error instanceof UserError || error instanceof ExitError) return error;
  const status = statusIn(error);
  // A registry can be unavailable, too.
  if (status?.code === 'UNAVAILABLE' && isLost.test(status.message))
    return unreachable(app.settings.runtimeEndpoint ?? '', 'berth');
  if (status === undefined && !(error instanceof Error && error.name === 'Error')) return error;
  const { hintFor } = await import('@berth/crictl/hints/diagnose.ts');
  const hint = await hintFor(app, error).catch(() => undefined);
  // A person needs no code of gRPC.
  const message = app.explain(error).replaceAll(/rpc error: code = \w+ desc = /g, '');
  return new UserError(hint === undefined ? message : `${message}\nhint: ${inBerth(hint)}`, { cause: error });
}

/** The error messages of a connection that is not made, or breaks. */
const isLost = /^(connection error|error reading from server):|connections to become ready$/;

/** A hint with the command of berth that lists the same. */
function inBerth(hint: string): string {
  return hint
    .replace(/^crictl images(?= lists)/, 'berth image ls')
    .replace(/^crictl (pods|ps -a)(?= lists)/, 'berth ps');
}
