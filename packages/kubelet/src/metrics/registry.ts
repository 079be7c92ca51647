// The instruments of one endpoint, by prom-client, printed as Go's client library does.
import type { ProcessFigure } from '@berth/linux/processes/process-figures.ts';
import {
  Counter,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';
import { exposition, labelText, type MetricFamily } from './exposition.ts';

/** The buckets of Go's client library, in seconds. */
export const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** `count` buckets, each `factor` times as large as the one before. */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => start * factor ** index);
}

/** The value of a gauge that is read with each request: a number, or one for each of several label sets. */
export type Reading = number | readonly { labels: Readonly<Record<string, string>>; value: number }[];

/** Makes instruments and prints them. An instrument with labels has no series before its first use. */
export class MetricsRegistry {
  readonly #registry = new Registry();

  counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  /** A gauge whose value is read when it is asked for. */
  readGauge(name: string, help: string, labelNames: readonly string[], read: () => Reading): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        const reading = read();
        if (typeof reading === 'number') return this.set(reading);
        this.reset();
        for (const { labels, value } of reading) this.set(labels, value);
      },
    });
  }

  /** A figure of this process, read when it is asked for. */
  figure({ name, help, type, read }: ProcessFigure): void {
    if (type === 'gauge') this.readGauge(name, help, [], read);
    else this.#readCounter(name, help, read);
  }

  #readCounter(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  /** `buckets` are upper bounds, ascending. */
  histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
    buckets: readonly number[] = defaultBuckets,
  ): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets: [...buckets], registers: [this.#registry] });
  }

  /** Every instrument with its series. */
  async families(): Promise<MetricFamily[]> {
    const metrics = await this.#registry.getMetricsAsJSON();
    return metrics.map(family);
  }

  /** The text for Prometheus. */
  async text(): Promise<string> {
    return exposition(await this.families());
  }
}

function family({ name, help, type, values }: MetricObjectWithValues<MetricValue<string>>): MetricFamily {
  return {
    name,
    help,
    type: String(type) as MetricFamily['type'],
    samples: values.map((each) => ({
      // The type does not tell that values of histograms have names of their own.
      suffix: 'metricName' in each ? String(each.metricName).slice(name.length) : '',
      labels: labelText(inOrder(each.labels as Record<string, string | number>)),
      value: each.value,
    })),
  };
}

/** Sorted by name, the bound of a bucket last. */
function inOrder(labels: Record<string, string | number>): Record<string, string | number> {
  const { le, ...others } = labels;
  const sorted = Object.entries(others).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(le === undefined ? sorted : [...sorted, ['le', le]]);
}
