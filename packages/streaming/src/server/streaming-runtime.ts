// What the streaming server asks of a container runtime, and what it gives to it.
import type { Duplex, Readable, Writable } from 'node:stream';

/** A terminal's size in characters. */
export interface TerminalSize {
  width: number;
  height: number;
}

/**
 * The client's end of an exec or an attach. Streams that the request did not ask for are absent. All of them
 * push back: a write that returns false waits for a slow client, an unread `stdin` holds a fast one up.
 */
export interface RemoteStreams {
  /** Ends when the client half-closes its standard input; is destroyed when the client has gone. */
  stdin?: Readable;
  /** The runtime ends it after the last byte; what it has left open is ended when its promise settles. */
  stdout?: Writable;
  stderr?: Writable;
  /** Sizes in the order that the client sent them, the newest only when several wait. Ends with the client. */
  resize: AsyncIterable<TerminalSize>;
  /** Aborted when the client has gone or has been silent for too long. */
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
 * Carries out what clients ask for. A rejection reaches the client as a Failure (InternalError) with the
 * error's message on the protocol's error stream.
 */
export interface StreamingRuntime {
  /** Runs a command; resolves when it has exited and all of its output has been written. */
  exec(command: ExecCommand, streams: RemoteStreams): Promise<{ exitCode: number }>;
  /** Attaches to the container's first process; resolves when that has ended, or the client has gone. */
  attach(target: AttachTarget, streams: RemoteStreams): Promise<void>;
  /** Connects to a port of a sandbox. The server half-closes and destroys the connection as the client does. */
  portForward(target: PortForwardTarget, signal: AbortSignal): Promise<Duplex>;
}

/** The `RemoteStreams` that a URL is good for. */
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
  /** Used only by WebSocket clients of the channel protocol, which cannot name ports themselves. */
  ports: number[];
}

/** Certificate and key as PEM; with `ca`, clients must show a certificate signed by it. */
export interface StreamingTls {
  cert: string;
  key: string;
  ca?: string;
}

export interface StreamingServerOptions {
  /** To listen on; 127.0.0.1 unless told. */
  address?: string;
  /** 0, the default, takes any free port. */
  port?: number;
  runtime: StreamingRuntime;
  /** Serves HTTPS. */
  tls?: StreamingTls;
  /** Told in one line what a client did wrong and which requests failed. */
  log?: (line: string) => void;
  /** A connection without a byte in either direction is closed; 4 hours unless told. */
  idleTimeoutMs?: number;
  /** For the client to open the streams that the protocol wants, and for each pair of port-forward; 30 s. */
  creationTimeoutMs?: number;
  /** How long a URL is good for; 60 s. */
  tokenTtlMs?: number;
  /** URLs that were given out and neither used nor expired; 1000. */
  maxTokens?: number;
  /** Connections without a session yet; a new one beyond these closes the oldest; 1000. */
  maxWaiting?: number;
  /** For a client to send its request, until it is cut off; 10 s. */
  headersTimeoutMs?: number;
  /** Clients that are served at once; further ones are refused; 1000. */
  maxSessions?: number;
}
