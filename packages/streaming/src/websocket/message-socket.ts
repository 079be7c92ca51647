/**
 * A WebSocket as the protocols above it need one: what a server has from `ws`, and a client from
 * `client-socket.ts`.
 */
export interface MessageSocket {
  readonly OPEN: number;
  readonly readyState: number;
  /** Bytes that were sent and have not left this process. */
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
  /** Says goodbye and waits for the other side's, not for ever. */
  close(code: number): void;
  /** Ends the connection at once. */
  terminate(): void;
}
