// Takes out of observations what is another in each run, and leaves its form: two that differ in nothing else are equal.

/** JSON values. */
export type Json = string | number | boolean | null | undefined | Json[] | { [key: string]: Json };

/** Texts of one pod that have a name of their own: ids, addresses. */
export type Names = readonly (readonly [text: string, name: string])[];

const general: readonly (readonly [RegExp, string])[] = [
  // Times: with their precision, without their digits.
  [/\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)(?!\w)/g, 'TIME'],
  [/\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:\d\d)(?!\w)/g, 'TIME.N'],
  [/\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \w+( m=[+-][\d.]+)?/g, 'GOTIME'],
  // The atomic writer's folder.
  [/\.\.20\d\d_\d\d_\d\d_\d\d_\d\d_\d\d\.\w+/g, '..WRITTEN'],
  // The file of a termination message.
  [/(\bcontainers\/[\w.-]+\/)[0-9a-f]{8}\b/g, '$1N'],
  // Where the machine's /run is on the file system below it.
  [/\/run\/berth-compare-\w+\/cmp-[\w-]+/g, '/run'],
  [/\b(containerd|berth):\/\/(?=ID-|[0-9a-f]{64})/g, 'RUNTIME://'],
  [/\/proc\/\d+\/(ns|task|fd)\b/g, '/proc/PID/$1'],
  // The volume that admission adds for a service account's token.
  [/\bkube-api-access-[a-z0-9]{5}\b/g, 'kube-api-access-N'],
  [/\b(sandbox|container) "[0-9a-f]{64}"/g, '$1 "ID"'],
  [/(\bcontainer |\/containers\/)[0-9a-f]{64}\b/g, '$1ID'],
  [/\/run\/berth-test-SIDE-\w{6}\b/g, '/run/berth-test-SIDE-N'],
  [/\b10\.2\d\d\.\d+\.\d+\b/g, 'POD_IP'],
  [/:(3[2-9]|[45]\d|6[0-5])\d{3}(->|: )/g, ':PORT$2'],
];

/** Pure: the same value with names in place of what differs from run to run. */
export function normalised(value: unknown, names: Names = []): Json {
  if (typeof value === 'string') return normalisedText(value, names);
  if (Array.isArray(value)) return value.map((each) => normalised(each, names));
  if (typeof value !== 'object' || value === null) return value as Json;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [normalisedText(key, names), normalised(each, names)]),
  );
}

function normalisedText(text: string, names: Names): string {
  const named = names.reduce((all, [from, to]) => (from === '' ? all : all.replaceAll(from, to)), text);
  return general.reduce((all, [from, to]) => all.replace(from, to), named);
}
