// Objects that come and go while parts of a cluster are killed, paused or slow: every wait survives the loss of an answer.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '@berth/test-support/cluster/cluster.ts';
import { until } from '@berth/test-support/until.ts';
import { deployment, job } from './controllers.ts';
import { containersOf, isReady, type Pod } from './pod-objects.ts';

const patienceMs = 240_000;
const pauseMs = 100;
const namespace = 'namespaces/default';
const podsPath = `/api/v1/${namespace}/pods`;

/** Where an object of a kind is; the kinds that live here. */
const paths: Readonly<Record<string, string>> = {
  Pod: podsPath,
  Deployment: `/apis/apps/v1/${namespace}/deployments`,
  Job: `/apis/batch/v1/${namespace}/jobs`,
};

interface Named {
  kind: string;
  metadata: { name: string };
}

/** Talks to an API server that may be away: asks again until there is an answer. */
export class PatientClient {
  readonly #admin: Cluster['admin'];

  constructor({ admin }: Cluster) {
    this.#admin = admin;
  }

  /** Applies an object by its kind and name, which can be repeated. */
  async apply(object: object): Promise<void> {
    const { kind, metadata } = object as Named;
    const path = `${paths[kind]}/${metadata.name}?fieldManager=test&force=true`;
    await this.#again(`${kind} ${metadata.name} is applied`, () =>
      this.#admin.patch<object>(path, object, 'apply'),
    );
  }

  /** Deletes an object with those that it owns, unless it has gone. */
  async delete(kind: string, name: string, options: object = {}): Promise<void> {
    const path = `${paths[kind]}/${name}`;
    await this.#again(`${kind} ${name} is deleted`, async () => {
      if ((await this.#admin.find(path)) === undefined) return true;
      await this.#admin.delete(path, { propagationPolicy: 'Background', ...options });
      return true;
    });
  }

  async find<T>(kind: string, name: string): Promise<T | undefined> {
    const { found } = await this.#again(`${kind} ${name} is read`, async () => ({
      found: await this.#admin.find<T>(`${paths[kind]}/${name}`),
    }));
    return found;
  }

  async pods(selector: string): Promise<Pod[]> {
    const path = `${podsPath}?labelSelector=${encodeURIComponent(selector)}`;
    const { items } = await this.#again(`the pods of ${selector} are listed`, () =>
      this.#admin.get<{ items: Pod[] }>(path),
    );
    return items;
  }

  /** Waits until the pods with a label are as wanted. */
  async podsThat(selector: string, what: string, are: (pods: Pod[]) => boolean): Promise<Pod[]> {
    let seen: Pod[] = [];
    return await until(
      `the pods of ${selector} ${what}`,
      async () => {
        // Both processors are for those that are tested.
        await delay(pauseMs);
        seen = await this.pods(selector);
        return are(seen) && seen;
      },
      () => seen.map(({ metadata, status }) => ({ metadata, status })),
      patienceMs,
    );
  }

  async #again<T>(what: string, ask: () => Promise<T>): Promise<T> {
    let failure: unknown;
    const done = await until(
      what,
      async () => {
        try {
          return { value: await ask() };
        } catch (error) {
          failure = error;
          // A server that is away is no news.
          await delay(pauseMs);
          return undefined;
        }
      },
      () => String(failure),
      patienceMs,
    );
    return done.value;
  }
}

/** What a life works with. */
export interface Surroundings {
  api: PatientClient;
  /** The node that has the pods. */
  node: string;
}

/** One life of a controller's pods, from their creation to their end; `name` is nobody else's. */
export type Life = (surroundings: Surroundings, name: string) => Promise<void>;

/** The lives, by name. */
export const lives: Readonly<Record<string, Life>> = {
  // Its pods keep their containers until they are rolled.
  deployment: async ({ api, node }, name) => {
    const app = `app=${name}`;
    const workload = { name, node, replicas: 2, podSpec: { terminationGracePeriodSeconds: 2 } };
    const ready = (count: number, than: readonly Pod[] = []) =>
      api.podsThat(app, `are ${count} new ones and ready`, (pods) => {
        const old = new Set(than.map(({ metadata }) => metadata.uid));
        return pods.length === count && pods.every((pod) => isReady(pod) && !old.has(pod.metadata.uid));
      });
    await api.apply(deployment(workload));
    const first = await ready(2);
    assert.deepEqual((await ready(2)).map(containersOf), first.map(containersOf));
    await api.apply(deployment({ ...workload, version: '2' }));
    const second = await ready(2, first);
    await api.apply(deployment({ ...workload, version: '2', replicas: 1 }));
    const [last] = await ready(1);
    const before = second.map(containersOf);
    const isSame = before.some((each) => last && JSON.stringify(each) === JSON.stringify(containersOf(last)));
    assert.ok(isSame, `${JSON.stringify(last && containersOf(last))} is one of ${JSON.stringify(before)}`);
    await api.delete('Deployment', name);
    await api.podsThat(app, 'are gone', (pods) => pods.length === 0);
  },
  // Each completion has one pod, which ran to its end.
  job: async ({ api, node }, name) => {
    const app = `app=${name}`;
    const spec = { completions: 3, parallelism: 2, backoffLimit: 0 };
    await api.apply(job({ name, node, script: 'sleep 0.5', spec }));
    const hasEnded = (pods: readonly Pod[]): boolean =>
      pods.length >= spec.completions &&
      pods.every(({ status }) => /^(Succeeded|Failed)$/.test(status.phase));
    const pods = await api.podsThat(app, 'have ended', hasEnded);
    assert.deepEqual(
      pods.map(({ status }) => status.phase),
      ['Succeeded', 'Succeeded', 'Succeeded'],
    );
    await api.delete('Job', name);
    await api.podsThat(app, 'are gone', (left) => left.length === 0);
  },
};

/** Lives one life after another, each under a name of its own, until told to stop; counts the whole ones. */
export class Churn {
  readonly whole = new Map<string, number>();
  readonly #ended = new AbortController();
  readonly #loops: Promise<void>;

  constructor(surroundings: Surroundings, names: readonly string[] = Object.keys(lives)) {
    this.#loops = Promise.all(names.map((name) => this.#live(surroundings, name))).then(() => {});
    this.#loops.catch(() => {});
  }

  /** Rejects when a life fails. */
  get failed(): Promise<void> {
    return this.#loops;
  }

  /** Waits until each kind of life has been whole once more. */
  async oneMoreOfEach(): Promise<void> {
    const before = new Map(this.whole);
    const missing = () =>
      [...this.whole].filter(([name, count]) => count === before.get(name)).map(([name]) => name);
    await Promise.race([
      until('each life was whole', () => missing().length === 0, missing, 2 * patienceMs),
      this.failed,
    ]);
  }

  /** Ends after the lives that are being lived. */
  async end(): Promise<void> {
    this.#ended.abort();
    await this.#loops;
  }

  async #live(surroundings: Surroundings, name: string): Promise<void> {
    const life = lives[name];
    if (life === undefined) throw new Error(`no life ${name}`);
    this.whole.set(name, 0);
    for (let round = 1; !this.#ended.signal.aborted; round++) {
      await life(surroundings, `${name}-${surroundings.node}-${round}`);
      this.whole.set(name, round);
    }
  }
}
