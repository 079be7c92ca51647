import { NetlinkSocket } from '../netlink/socket.ts';
import { batch, type NftMessage } from './batch.ts';

/** Puts messages into effect at once or, when the kernel refuses one, not at all. `what` is for that error. */
export function changeTables(what: string, messages: readonly NftMessage[]): void {
  using socket = new NetlinkSocket('netfilter');
  socket.batch(what, batch(messages));
}
