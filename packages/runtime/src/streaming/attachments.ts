import { join } from 'node:path';
import { connectPacketSocket } from '@berth/linux/sockets/packet-socket.ts';
import { AttachedContainer, type AttachOptions } from './attached-container.ts';

/** conmon reads 32 KiB at once, and would lose the rest of a longer packet. */
const packetBytes = 16 * 1024;

/** The containers that clients are attached to, or were. */
export class Attachments implements Disposable {
  readonly #byBundle = new Map<string, AttachedContainer>();

  /**
   * Connects a client to the first process of a container that runs, through conmon. Resolves when the container
   * has ended or the client has gone or, with an input that stays open for others, when the client ends its input.
   * A client that does not read holds the container's output up, as in containerd and CRI-O.
   * @throws SyscallError when conmon has ended (ECONNREFUSED, ENOENT)
   */
  async attach(options: AttachOptions): Promise<void> {
    options.streams.signal.throwIfAborted();
    await this.#attached(options.bundle).serve(options);
  }

  /** Cuts every client off. */
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
