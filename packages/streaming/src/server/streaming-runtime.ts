// The interface between the streaming server and a container runtime, and the options of the server.
import type { Duplex, Readable, Writable } from 'node:stream';

/** A terminal's size in characters. */
export interface TerminalSize {
  width: number;
  height: number;
}

/**
 * The client's streams of an exec or attach, without those that the request does not include. All have back-pressure:
 * `write` returns false for a slow client, and an unread `stdin` blocks a fast one.
 */
export interface RemoteStreams {
  /** Ends when the client closes its standard input; destroyed when the client disconnects. */
  stdin?: Readable;
  /** The runtime ends it after the last byte; otherwise it is ended when the promise of the call settles. */
  stdout?: Writable;
  stderr?: Writable;
  /** Sizes in the order of the client; of several unread ones the newest. Ends when the client disconnects. */
  resize: AsyncIterable<TerminalSize>;
  /** Aborted when the client disconnects or is idle for too long. */
  signal: AbortSignal;
  /** The client's address as `host:port`, for the audit log. */
  remote: string;
}

export interface ExecCommand {
  containerId: string;
  cmd: string[];
  tty: boolean;
}

export interface AttachTarget {
  containerId: string;
  tty: boolean;
}

export interface PortForwardTarget {
  podSandboxId: string;
  /** 1 to 65535, in the sandbox's network namespace. */
  port: number;
}

/**
 * Executes the requests of clients. The client receives a rejection as a Failure (InternalError) with the error's
 * message on the error stream.
 */
export interface StreamingRuntime {
  /** Runs a command; resolves when it has exited and all output is written. */
  exec(command: ExecCommand, streams: RemoteStreams): Promise<{ exitCode: number }>;
  /** Attaches to the container's init process; resolves when that has exited or the client disconnects. */
  attach(target: AttachTarget, streams: RemoteStreams): Promise<void>;
  /** Connects to a port of a sandbox. The server half-closes and destroys the connection when the client does. */
  portForward(target: PortForwardTarget, signal: AbortSignal): Promise<Duplex>;
}

/** The streams of a request. */
interface AskedStreams {
  tty: boolean;
  stdin: boolean;
  stdout: boolean;
  /** Not together with `tty`: a terminal has one output. */
  stderr: boolean;
}

export interface ExecUrlRequest extends AskedStreams {
  containerId: string;
  cmd: string[];
}

export interface AttachUrlRequest extends AskedStreams {
  containerId: string;
}

export interface PortForwardUrlRequest {
  podSandboxId: string;
  /** For WebSocket clients of the channel protocol, which cannot name ports. */
  ports: number[];
}

/** Certificate and key as PEM; with `ca`, clients must show a certificate signed by it. */
export interface StreamingTls {
  cert: string;
  key: string;
  ca?: string;
}

export interface StreamingServerOptions {
  /** The address to listen on; default 127.0.0.1. */
  address?: string;
  /** The port to listen on; default 0, any free port. */
  port?: number;
  runtime: StreamingRuntime;
  /** Serves HTTPS. */
  tls?: StreamingTls;
  /** Logs client errors and failed requests, one line each. */
  log?: (line: string) => void;
  /** Idle timeout of a connection; default 4 hours. */
  idleTimeoutMs?: number;
  /** Timeout for the client to open the streams of the protocol, and each pair of port-forward; default 30 s. */
  creationTimeoutMs?: number;
  /** Lifetime of a URL; default 60 s. */
  tokenTtlMs?: number;
  /** Maximum number of URLs that are neither used nor expired; default 1000. */
  maxTokens?: number;
  /** Maximum number of connections without a session; a further one closes the oldest; default 1000. */
  maxWaiting?: number;
  /** Timeout for a client to send its request; default 10 s. */
  headersTimeoutMs?: number;
  /** Maximum number of sessions; further clients are refused; default 1000. */
  maxSessions?: number;
}
