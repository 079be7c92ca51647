/**
 * The interface of a WebSocket: the server's is from `ws`, the client's from `client-socket.ts`.
 */
export interface MessageSocket {
  readonly OPEN: number;
  readonly readyState: number;
  /** Bytes that are not written to the kernel yet. */
  readonly bufferedAmount: number;
  readonly isPaused: boolean;
  on(event: 'message', listener: (data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean) => void): unknown;
  on(event: 'ping', listener: () => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  send(data: Buffer | string, sent?: (error?: Error) => void): void;
  ping(): void;
  pause(): void;
  resume(): void;
  /** Sends a close frame and waits for the peer's, with a timeout. */
  close(code: number): void;
  /** Ends the connection at once. */
  terminate(): void;
}
