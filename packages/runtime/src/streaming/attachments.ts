// The connections to conmon of all containers with attached clients, by bundle.

import { join } from 'node:path';
import { connectPacketSocket } from '@berth/linux/sockets/packet-socket.ts';
import { AttachedContainer, type AttachOptions } from './attached-container.ts';

/** Maximum packet size: conmon reads 32 KiB at once and would lose the rest of a longer packet. */
const packetBytes = 16 * 1024;

/** The containers that have attached clients, or whose connection is kept for the next one. */
export class Attachments implements Disposable {
  readonly #byBundle = new Map<string, AttachedContainer>();

  /**
   * Connects a client to the init of a running container, through conmon. Resolves when the container has ended,
   * the client has disconnected or, with an input that stays open for others, the client has ended its input. A
   * client that does not read blocks the container's output, as in containerd and CRI-O.
   * @throws SyscallError when conmon has ended (ECONNREFUSED, ENOENT)
   */
  async attach(options: AttachOptions): Promise<void> {
    options.streams.signal.throwIfAborted();
    await this.#attached(options.bundle).serve(options);
  }

  /** Disconnects every client. */
  [Symbol.dispose](): void {
    for (const attached of this.#byBundle.values()) attached.close();
  }

  #attached(bundle: string): AttachedContainer {
    const existing = this.#byBundle.get(bundle);
    if (existing !== undefined) return existing;
    const conmon = connectPacketSocket(join(bundle, 'attach'), packetBytes);
    const attached = new AttachedContainer(conmon, () => this.#byBundle.delete(bundle));
    this.#byBundle.set(bundle, attached);
    return attached;
  }
}
