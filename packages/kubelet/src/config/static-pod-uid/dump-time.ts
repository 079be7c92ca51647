// Prints a time of a manifest with the fields of its Go struct.

/** Seconds from the year 1 to 1970. */
const unixEpoch = 62_135_596_800n;

/**
 * A time in Go points to its time zone, the machine's, which is printed with all that Go knows of it. This is the one of a
 * machine in UTC. (In others the print even changes with daylight saving time, so that no two need to agree. The
 * original leaves it out at some of the times of a container's status, which no manifest without a UID has.)
 */
const utcMachine = [
  '{name:(string)Local zone:([]time.zone)[{name:(string)UTC offset:(int)0 isDST:(bool)false}]',
  'tx:([]time.zoneTrans)[{when:(int64)-9223372036854775808 index:(uint8)0 isstd:(bool)false isutc:(bool)false}]',
  'extend:(string)UTC0 cacheStart:(int64)-9223372036854775808 cacheEnd:(int64)9223372036854775807',
  'cacheZone:(*time.zone){name:(string)UTC offset:(int)0 isDST:(bool)false}}',
].join(' ');

/** The text of a time in RFC 3339; anything else is no time. */
export function dumpTime(value: unknown): string {
  const match =
    typeof value === 'string'
      ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/.exec(value)
      : null;
  const [, toSecond = '', fraction = '', zone = ''] = match ?? [];
  const milliseconds = Date.parse(toSecond + zone);
  if (Number.isNaN(milliseconds)) return timeText('0', '0', '<nil>');
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'));
  return timeText(String(nanoseconds), String(BigInt(milliseconds / 1000) + unixEpoch), utcMachine);
}

function timeText(wall: string, ext: string, zone: string): string {
  return `{Time:(time.Time){wall:(uint64)${wall} ext:(int64)${ext} loc:(*time.Location)${zone}}}`;
}
