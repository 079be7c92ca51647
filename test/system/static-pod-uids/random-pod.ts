// Random pods for the comparison of UIDs: any field of the API, with values that it can have by its type.
import { podSchema } from '@berth/kubelet/api/generated/pod-schema.ts';
import { type GoField, goType } from '@berth/kubelet/api/go-type.ts';

const quantities =
  '0 00 0.0 1 7 10 100 1000 1024 12000 0.5 .5 00.50 1.5 0.0001 0.00000001 1.0000000001 123456789012345678 1234567890123456789 99999999999999999999 500m 1500m 1m 100u 1n 0.1n 1k 1M 1.5G 2T 3P 4E 9E 1Ki 7Ki 8Ki 64Mi 1.5Gi 1Gi 0Mi 0.0Ki 0Ei 0.1Ki 0.0001Ki 1000Ti 1Pi 7Ei 8Ei 16Ei 1.25Ei 1e3 1E6 2.5e-2 1e-12 +1 +64Mi -1 -500m -1.5Gi -0 12345678901Ki 1e9 1000e3 -0.0001 -99999999999999999999.5 18446744073709551616 5e20';
const texts = [
  '',
  'a',
  'web',
  'nginx:latest',
  'nginx',
  'a/b@sha256:0123456789012345678901234567890123456789012345678901234567890123',
  'größer als $(A) {x:1} <nil>\n"\\',
  '漢字 \u{1F600}\uFFFD',
  '0',
  'true',
];
const times = ['2024-01-02T03:04:05Z', '1969-12-31T23:59:59.5+02:00', '2024-02-29T00:00:00.123456789-11:30'];
const integers = [0, 1, 30, 80, 420, -1, 65535, 2147483647];
const longs = [...integers, 9007199254740993n, 9223372036854775807n, -9223372036854775808n];

/** Makes random pods; each `fraction` is from 0 to below 1. */
export class RandomPods {
  readonly #fraction: () => number;

  constructor(fraction: () => number) {
    this.#fraction = fraction;
  }

  /** The manifest of a pod, in which a field is there with a probability of `density`. */
  pod(density: number): Record<string, unknown> {
    const { apiVersion: _1, kind: _2, ...pod } = this.#struct('core.Pod', density);
    const { uid: _3, ...metadata } = this.#struct('v1.ObjectMeta', density);
    // No static pod may have ephemeral containers.
    const { ephemeralContainers: _4, ...spec } = this.#struct('core.PodSpec', density);
    return { apiVersion: 'v1', kind: 'Pod', ...pod, metadata, spec };
  }

  #value(name: string, density: number): unknown {
    const type = goType(name);
    switch (type.kind) {
      case 'pointer':
        return this.#value(type.of, density);
      case 'slice':
        // bytes and lists of lists do not occur.
        return this.#some(3).map(() => this.#value(type.of, density * 0.8));
      case 'map':
        return Object.fromEntries(
          this.#some(4).map(() => [this.#oneOf(texts), this.#value(type.of, density)]),
        );
      case 'struct':
        return this.#struct(name, density);
      case 'string':
        return this.#oneOf(texts);
      case 'bool':
        return this.#fraction() < 0.5;
      case 'int':
        return this.#oneOf<number | bigint>(name === 'int32' ? integers : longs);
      case 'quantity':
        return this.#fraction() < 0.1 ? this.#oneOf(integers) : this.#oneOf(quantities.split(' '));
      case 'intOrString':
        return this.#oneOf<number | string>([...integers, ...texts]);
      case 'time':
        return this.#oneOf<string | null>([...times, null]);
      case 'fieldsV1':
        return { 'f:spec': { 'k:{"a":"<b>&"}': {}, 'f:a': {} } };
    }
  }

  #struct(name: string, density: number): Record<string, unknown> {
    const type = goType(name);
    const fields = type.kind === 'struct' ? type.fields : [];
    return Object.assign({}, ...fields.map((field) => this.#field(name, field, density)));
  }

  #field(struct: string, { json, type }: GoField, density: number): Record<string, unknown> {
    // dump-time.ts says what is different there.
    if (type === 'core.ContainerState') return {};
    if (json === undefined) return this.#struct(type, density);
    const isRequired = podSchema[struct.replace(/^\w+\./, '')]?.[json]?.endsWith('!') ?? false;
    if (!isRequired && this.#fraction() >= density) return {};
    const isNull = !isRequired && this.#fraction() < 0.03;
    return { [json]: isNull ? null : this.#value(type, density) };
  }

  #some(most: number): number[] {
    return Array.from({ length: Math.floor(this.#fraction() * (most + 1)) }, (_, index) => index);
  }

  #oneOf<Value>(values: readonly Value[]): Value {
    const value = values[Math.floor(this.#fraction() * values.length)];
    if (value === undefined) throw new Error('nothing to choose from');
    return value;
  }
}
