import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { kill } from '@berth/linux/processes/process.ts';
import type { ProcessEnd, StartedProcess } from '@berth/linux/processes/spawn.ts';
import { ConsoleSocket } from '@berth/linux/sockets/console-socket.ts';
import type { DescriptorStream } from '@berth/linux/streams/descriptor-stream.ts';
import { InputPipe, OutputPipe } from '@berth/linux/streams/output-pipe.ts';
import { openRelayTerminal, setTerminalSize, terminalStream } from '@berth/linux/streams/terminal.ts';
import type { Process } from '@berth/oci/runtime-spec/config.ts';
import type { RemoteStreams, TerminalSize } from '@berth/streaming/server/streaming-runtime.ts';
import { killDescendants } from '../host/process-tree.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import { copyInput, copyOutput } from './client-streams.ts';
import { ExecFiles, type StdioOwner } from './exec-files.ts';
import { killExec } from './leftover-execs.ts';

export interface StreamedExecOptions extends StdioOwner {
  runtime: OciRuntime;
  containerId: string;
  /** From `execProcess`; its `terminal` decides between a terminal and pipes. */
  process: Process;
  /** Directory of the container's execs, see ExecFiles. */
  dir: string;
  streams: Omit<RemoteStreams, 'remote'>;
}

/** A command that runs, with its streams connected to the client's. */
interface RunningExec {
  child: StartedProcess;
  /** Resolves when all output was sent to the client. */
  copied: Promise<unknown>;
  /** Closes the command's streams, as a closed terminal or pipeline would. */
  hangUp(): void;
}

/**
 * Runs a command in a container with the client's streams and returns its exit code (128 + signal number when a
 * signal ended it). Waits until the command has ended and its output is closed by all background processes, as
 * containerd and CRI-O do. A client that disconnects hangs up, as in containerd and CRI-O: the command's input ends,
 * its writes fail (SIGPIPE), a terminal's session gets SIGHUP. berthd waits for a command that survives that; after a
 * restart, the next berthd kills it. Fails with OciRuntimeError as execCollected does, for instance when there is no
 * such program.
 */
export async function execStreamed(options: StreamedExecOptions): Promise<number> {
  const { runtime, containerId, process, dir, streams } = options;
  const { signal } = streams;
  signal.throwIfAborted();
  using files = new ExecFiles(dir, process);
  const { child, copied, hangUp } = await start(options, files);
  if (signal.aborted) hangUp();
  else signal.addEventListener('abort', hangUp, { once: true });
  let end: ProcessEnd;
  try {
    end = await child.exited;
    await copied;
  } finally {
    signal.removeEventListener('abort', hangUp);
    hangUp();
  }
  const { code, signal: killedBy } = end;
  const hasRun = files.hasRun();
  if (code === null) {
    // The runtime, which was the command's parent, was killed, so nothing else would end the command.
    if (hasRun) killExec(files.pid, containerId);
    throw files.failure(containerId, `${runtime.name} was ended by ${killedBy}`);
  }
  if (!hasRun) throw files.failure(containerId, `${runtime.name} ended with exit code ${code}`);
  return code;
}

async function start(options: StreamedExecOptions, files: ExecFiles): Promise<RunningExec> {
  if (options.process.terminal !== true) return startWithPipes(options, files);
  // crun's own relay drops output that is still in the terminal when the command ends. runc sends a terminal only
  // with --detach, which would orphan the command, and other runtimes follow runc.
  return options.runtime.flavor === 'crun'
    ? await startWithSentTerminal(options, files)
    : startWithRelay(options, files);
}

function startWithPipes(
  { runtime, containerId, streams, stdioOwner }: StreamedExecOptions,
  files: ExecFiles,
): RunningExec {
  using given = new DisposableStack();
  const kept: Socket[] = [];
  const hangUp = () => {
    for (const end of kept) end.destroy();
  };
  const outputPipe = () => {
    const pipe = given.use(new OutputPipe());
    kept.push(pipe.output);
    return pipe;
  };
  try {
    const stdin = streams.stdin && given.use(new InputPipe());
    if (stdin) kept.push(stdin.input);
    const stdout = streams.stdout && outputPipe();
    const stderr = streams.stderr && outputPipe();
    const child = files.start(runtime, containerId, {
      descriptors: [stdin?.readEnd ?? 'null', stdout?.writeEnd ?? 'null', stderr?.writeEnd ?? 'null'],
      stdioOwner,
    });
    if (stdin && streams.stdin) copyInput(streams.stdin, stdin.input, () => stdin.input.end());
    const copied = Promise.all([
      stdout && copyOutput(stdout.output, streams.stdout),
      stderr && copyOutput(stderr.output, streams.stderr),
    ]);
    return { child, copied, hangUp };
  } catch (error) {
    hangUp();
    throw error;
  }
}

/** The runtime creates the terminal and sends its master through the console socket, so no relay is in between. */
async function startWithSentTerminal(
  { runtime, containerId, streams }: StreamedExecOptions,
  files: ExecFiles,
): Promise<RunningExec> {
  using socket = new ConsoleSocket(files.console);
  const child = files.start(runtime, containerId, {
    args: ['--console-socket', socket.path],
    descriptors: ['null', 'null', 'null'],
  });
  const exited = child.exited.then(() => socket.take());
  const master = await Promise.race([socket.arrival(), exited]).catch((error: unknown) => {
    // Without the master nothing can serve or end the command.
    killDescendants(child.pid);
    kill(child.pid, constants.signals.SIGKILL);
    throw error;
  });
  if (master === undefined) return { child, copied: Promise.resolve(), hangUp: () => {} };
  return { child, ...connectTerminal(terminalStream(master), streams) };
}

/** The runtime relays between the container's terminal and one that is created here, including size and hang-up. */
function startWithRelay(
  { runtime, containerId, streams }: StreamedExecOptions,
  files: ExecFiles,
): RunningExec {
  const { master, path } = openRelayTerminal();
  const stream = terminalStream(master);
  try {
    const terminal = { terminal: path };
    const child = files.start(runtime, containerId, { descriptors: [terminal, terminal, terminal] });
    return { child, ...connectTerminal(stream, streams) };
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

/** The end of a client's input does not end a terminal's input: only typing Ctrl-D does. */
function connectTerminal(
  terminal: DescriptorStream,
  { stdin, stdout, resize }: StreamedExecOptions['streams'],
): Omit<RunningExec, 'child'> {
  if (stdin) copyInput(stdin, terminal, () => {});
  void followSize(terminal, resize);
  return { copied: copyOutput(terminal, stdout), hangUp: () => terminal.destroy() };
}

async function followSize(terminal: DescriptorStream, sizes: AsyncIterable<TerminalSize>): Promise<void> {
  try {
    for await (const size of sizes) {
      if (terminal.destroyed) return;
      if (size.width > 0 && size.height > 0) setTerminalSize(terminal.descriptor, size);
    }
  } catch {
    // The client has disconnected, or the terminal is closed.
  }
}
