// systemd's manager, as far as pods need it: transient slices and scopes.
// https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.systemd1.html
import { DbusConnection, DbusError } from './dbus-connection.ts';
import { type DbusWriter, type Message, messageType, type Variant } from './dbus-message.ts';

/**
 * systemd's own socket, where systemctl speaks to it as root: a bus between would be one more part that has to
 * run, and signals of jobs come here without being asked for.
 */
const socketPath = '/run/systemd/private';
const managerPath = '/org/freedesktop/systemd1';
const managerInterface = 'org.freedesktop.systemd1.Manager';

/** How long systemd may take for a job, as stopping a unit; killed processes may wait for a disk. */
const jobTimeoutMs = 90_000;

/** How often a unit is tried to be started that is being forgotten. */
const maxAttempts = 5;

/** Properties of a unit, by the names that systemd's D-Bus interface has for them. */
export type UnitProperties = Readonly<Record<string, Variant>>;

/** A job that systemd gave up; `result` is e.g. `timeout`, `failed`, `canceled`. */
export class SystemdJobError extends Error {
  override readonly name = 'SystemdJobError';
}

/** Speaks to systemd over one connection, which is made at the first call and again after it was lost. */
export class Systemd {
  #connection: Promise<DbusConnection> | undefined;
  /** Ends of jobs that are waited for, by the job's object path; systemd gives several callers one job. */
  readonly #waiting = new Map<string, PromiseWithResolvers<string>>();
  /** Results that may have come before anybody asked for them. */
  readonly #results = new Map<string, string>();
  #starting = 0;

  /**
   * Starts a unit that lives until it is stopped, and waits until it stands. True when it was made, false when it
   * exists already and keeps the properties that it has.
   */
  async startTransientUnit(name: string, properties: UnitProperties): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#job(name, 'StartTransientUnit', 'ssa(sv)a(sa(sv))', (body) => {
          writeProperties(body.string(name).string('replace'), properties);
          // No auxiliary units.
          body.array(8, [], () => {});
        });
        return true;
      } catch (error) {
        if (isDbusError(error, 'UnitExists')) {
          if (await this.#startUnit(name)) return false;
        } else if (!isDbusError(error, 'NoSuchUnit')) throw error;
        // The unit or its slice was stopped a moment ago, and systemd is about to forget it.
        if (attempt === maxAttempts) throw error;
      }
    }
  }

  /** Starts a unit that exists, or leaves it as it is when it runs. False when it is gone meanwhile. */
  async #startUnit(name: string): Promise<boolean> {
    try {
      await this.#job(name, 'StartUnit', 'ss', (body) => body.string(name).string('replace'));
      return true;
    } catch (error) {
      if (isDbusError(error, 'NoSuchUnit')) return false;
      throw error;
    }
  }

  /** Stops a unit, waits until it and its processes are gone, and has a failed one forgotten. */
  async stopUnit(name: string): Promise<void> {
    try {
      await this.#job(name, 'StopUnit', 'ss', (body) => body.string(name).string('replace'));
    } catch (error) {
      if (isDbusError(error, 'NoSuchUnit')) return;
      if (!(error instanceof SystemdJobError)) throw error;
    }
    try {
      await this.#call('ResetFailedUnit', 's', (body) => body.string(name));
    } catch (error) {
      // Gone, as it should be.
      if (!isDbusError(error, 'NoSuchUnit')) throw error;
    }
  }

  /** Changes properties of a unit until the next boot. */
  async setUnitProperties(name: string, properties: UnitProperties): Promise<void> {
    await this.#call('SetUnitProperties', 'sba(sv)', (body) =>
      writeProperties(body.string(name).boolean(true), properties),
    );
  }

  close(): void {
    this.#connection?.then(
      (connection) => connection.close(),
      () => {},
    );
    this.#connection = undefined;
  }

  /** Calls a method that answers with a job, and waits for the job's end. */
  async #job(unit: string, member: string, signature: string, body: (writer: DbusWriter) => void) {
    this.#starting += 1;
    let job: string;
    try {
      const answer = await this.#call(member, signature, body);
      job = String(answer.body[0]);
    } finally {
      this.#starting -= 1;
    }
    const result = this.#results.get(job) ?? (await this.#ended(job, unit));
    if (this.#starting === 0) this.#results.clear();
    if (result !== 'done' && result !== 'skipped') {
      throw new SystemdJobError(`systemd: ${member} ${unit}: the job ended as ${JSON.stringify(result)}`);
    }
  }

  async #ended(job: string, unit: string): Promise<string> {
    const present = this.#waiting.get(job);
    if (present !== undefined) return present.promise;
    const end = Promise.withResolvers<string>();
    const { promise, reject } = end;
    const timer = setTimeout(
      () => reject(new SystemdJobError(`systemd: no end of the job for ${unit} in ${jobTimeoutMs / 1000} s`)),
      jobTimeoutMs,
    );
    this.#waiting.set(job, end);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(job);
    }
  }

  async #call(member: string, signature: string, body: (writer: DbusWriter) => void): Promise<Message> {
    const connection = await this.#connected();
    return connection.call({ path: managerPath, interface: managerInterface, member, signature, body });
  }

  async #connected(): Promise<DbusConnection> {
    const present = this.#connection;
    const connection = await present?.catch(() => undefined);
    if (connection?.isOpen) return connection;
    // Several may have waited for one that is lost; who comes first opens the next.
    if (present !== this.#connection) return this.#connected();
    this.#connection = DbusConnection.open(socketPath, (signal) => this.#onSignal(signal));
    return this.#connection;
  }

  #onSignal({ type, member, body }: Message): void {
    if (type !== messageType.signal || member !== 'JobRemoved') return;
    const [, job, , result] = body.map(String);
    if (job === undefined || result === undefined) return;
    this.#waiting.get(job)?.resolve(result);
    // An answer that names the job may be read after its end was told.
    if (this.#starting > 0) this.#results.set(job, result);
  }
}

function writeProperties(body: DbusWriter, properties: UnitProperties): void {
  body.array(8, Object.entries(properties), ([name, value]) => body.align(8).string(name).variant(value));
}

function isDbusError(error: unknown, name: string): boolean {
  return error instanceof DbusError && error.errorName === `org.freedesktop.systemd1.${name}`;
}
