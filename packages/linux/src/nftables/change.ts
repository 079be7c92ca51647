import { NetlinkSocket } from '../netlink/socket.ts';
import { batch, type NftMessage } from './batch.ts';

/** Applies messages atomically; throws SyscallError about `what` when the kernel refuses one. */
export function changeTables(what: string, messages: readonly NftMessage[]): void {
  using socket = new NetlinkSocket('netfilter');
  socket.batch(what, batch(messages));
}
