// /metrics/cadvisor: the usage of the machine, of the kubelet's cgroups, pods, sandboxes and containers.
import { createLogger } from '../klog/klog.ts';
import { exposition, type MetricFamily } from '../metrics/exposition.ts';
import { readMachine } from '../node/machine.ts';
import { deviceFamilies } from './device-families.ts';
import { cgroupFamilies } from './families.ts';
import { filled } from './family.ts';
import type { CgroupFigures } from './figures.ts';
import { listFileSystems, readFileSystems } from './file-systems.ts';
import { machineFamilies } from './machine.ts';
import { type FiguresPorts, FiguresReader } from './read-figures.ts';

const log = createLogger('container-metrics.ts');

/** Reads everything when it is asked, and never in between. */
export class ContainerMetrics {
  readonly #reader: FiguresReader;
  readonly #fileSystems: ReturnType<typeof listFileSystems>;
  readonly #machine = machineFamilies(readMachine());

  /** `rootDir`: the kubelet's root directory, below which file systems are the pods'. */
  constructor(ports: FiguresPorts, rootDir: string) {
    this.#reader = new FiguresReader(ports);
    this.#fileSystems = listFileSystems(rootDir);
  }

  /** The text for Prometheus. */
  async text(): Promise<string> {
    const figures = await this.#figures();
    const families = [...cgroupFamilies, ...deviceFamilies].map((family) => filled(family, figures ?? []));
    return exposition([
      ...this.#machine,
      ...families,
      scrapeError('machine', false),
      scrapeError('container', figures === undefined),
    ]);
  }

  async #figures(): Promise<CgroupFigures[] | undefined> {
    try {
      return await this.#reader.all(await readFileSystems(this.#fileSystems));
    } catch (err) {
      log.error('Unable to read the usage of containers', { err });
      return undefined;
    }
  }
}

function scrapeError(what: string, failed: boolean): MetricFamily {
  return {
    name: `${what}_scrape_error`,
    help: `1 when the figures of the ${what} could not be read, else 0.`,
    type: 'gauge',
    samples: [{ labels: '', value: failed ? 1 : 0 }],
  };
}
