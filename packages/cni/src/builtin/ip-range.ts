// host-local's order of addresses: round robin from the one assigned last. Pure.
import { formatIp, parseIp } from '@berth/common/ip-address.ts';

/** IPv4 addresses as numbers, both ends inclusive. */
export interface IpRange {
  start: number;
  end: number;
  /** Never assigned. */
  gateway: number;
  prefixLength: number;
}

/**
 * The addresses of a range in the order in which they are tried: those after the last assigned one, then those from the
 * start.
 */
export function* candidates({ start, end, gateway }: IpRange, last: number | undefined): Generator<number> {
  const first = last === undefined || last < start || last >= end ? start : last + 1;
  for (let address = first; address <= end; address++) if (address !== gateway) yield address;
  for (let address = start; address < first; address++) if (address !== gateway) yield address;
}

/** `10.88.0.2` of a number. */
export function ipv4Text(address: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(address);
  return formatIp(bytes);
}

/** The number of `10.88.0.2`; undefined for any other text. */
export function ipv4Number(text: string): number | undefined {
  const bytes = parseIp(text);
  return bytes?.length === 4 ? bytes.readUInt32BE() : undefined;
}
