// Profiles in the format of `go tool pprof`, gzipped protobuf, by pprof-format.
import { gzipSync } from 'node:zlib';
import {
  Line,
  Location,
  Function as PprofFunction,
  Profile as PprofProfile,
  Sample as PprofSample,
  ValueType as PprofValueType,
  StringTable,
} from 'pprof-format';

/** A place in the code. */
export interface Frame {
  functionName: string;
  url: string;
  /** Counted from 0, as by V8. */
  lineNumber: number;
}

/** The measurements of one stack, innermost frame first. */
export interface Sample {
  frames: readonly Frame[];
  /** One value for each of the profile's types. */
  values: readonly number[];
}

/** What a number counts. */
export interface ValueType {
  type: string;
  unit: string;
}

/** A profile before it is encoded. */
export interface Profile {
  types: readonly ValueType[];
  samples: readonly Sample[];
  timeMs: number;
  durationMs: number;
  /** The distance of two samples in units of `periodType`. */
  period: number;
  periodType: ValueType;
}

/** The bytes of a profile file. */
export function encodePprof(profile: Profile): Buffer {
  const stringTable = new StringTable();
  const valueType = ({ type, unit }: ValueType) =>
    new PprofValueType({ type: stringTable.dedup(type), unit: stringTable.dedup(unit) });
  const ids = new Map<string, number>();
  const functions: PprofFunction[] = [];
  const locations: Location[] = [];
  const locationOf = ({ functionName, url, lineNumber }: Frame): number => {
    const key = `${functionName}\0${url}\0${lineNumber}`;
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = ids.size + 1;
    ids.set(key, id);
    const name = stringTable.dedup(functionName || '(anonymous)');
    const startLine = lineNumber + 1;
    const filename = stringTable.dedup(url);
    functions.push(new PprofFunction({ id, name, systemName: name, filename, startLine }));
    locations.push(new Location({ id, line: [new Line({ functionId: id, line: startLine })] }));
    return id;
  };
  const encoded = new PprofProfile({
    sampleType: profile.types.map(valueType),
    sample: profile.samples.map(
      ({ frames, values }) =>
        new PprofSample({ locationId: frames.map(locationOf), value: values.map(Math.round) }),
    ),
    location: locations,
    function: functions,
    timeNanos: BigInt(Math.round(profile.timeMs)) * 1_000_000n,
    durationNanos: Math.round(profile.durationMs * 1e6),
    periodType: valueType(profile.periodType),
    period: profile.period,
    stringTable,
  });
  return gzipSync(encoded.encode());
}
