// Parses /proc/net/tcp and /proc/net/tcp6. Pure.

/** A TCP socket that listens. */
export interface ListeningSocket {
  readonly port: number;
  /** Its inode, by which /proc/PID/fd names it. */
  readonly inode: number;
}

/** TCP_LISTEN in the column `st`. */
const listening = '0A';

/** The listening sockets in the text of /proc/net/tcp. */
export function listeningSockets(text: string): ListeningSocket[] {
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    const [, port] = /:([0-9A-F]{4})$/.exec(local) ?? [];
    return state === listening && port !== undefined
      ? [{ port: Number.parseInt(port, 16), inode: Number(inode) }]
      : [];
  });
}
