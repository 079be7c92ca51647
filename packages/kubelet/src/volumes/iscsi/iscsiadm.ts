// iscsiadm(8): interfaces, discovery, records of nodes, sessions. There is no other way to iscsid.
import type { ProgramResult, RunProgram } from '../node-programs.ts';
import { type Chap, discoverySettings, type Setting, sessionSettings } from './chap.ts';
import { copiedParameters } from './iface-record.ts';
import type { IscsiDisk } from './iscsi-disk.ts';

/** Exit status: a session or a record exists already. */
const sessionExists = 15;
/** Exit statuses: no such session; no such record, target, session or portal. */
const notFound = [2, 21];

type Target = Pick<IscsiDisk, 'iqn' | 'iface'>;

/** What this kubelet asks iscsiadm for. */
export class Iscsiadm {
  readonly #runProgram: RunProgram;

  constructor(runProgram: RunProgram) {
    this.#runProgram = runProgram;
  }

  /** What is set of an interface. Throws when there is none of the name. */
  async showIface(iface: string): Promise<string> {
    const { code, output } = await this.#run('-m', 'iface', '-I', iface, '-o', 'show');
    if (code === 0) return output;
    throw new Error(`iscsi: could not read iface ${iface} error: ${output.trim()}`);
  }

  /**
   * Makes the volume's own interface, which differs from the one that it names by the initiator's name.
   *
   * @param shown what is set of the one that it names
   */
  async cloneIface({ initIface, iface, initiatorName }: IscsiDisk, shown: string): Promise<void> {
    const parameters = copiedParameters(shown);
    parameters.set('iface.initiatorname', initiatorName);
    const made = await this.#run('-m', 'iface', '-I', iface, '-o', 'new');
    if (made.code !== 0 && made.code !== sessionExists) {
      throw new Error(`iscsi: failed to create new iface: ${said(made)}`);
    }
    for (const [name, value] of [...parameters].sort()) {
      const updated = await this.#run('-m', 'iface', '-I', iface, ...update({ name, value }));
      if (updated.code === 0) continue;
      await this.deleteIface(iface);
      throw new Error(
        `iscsi: failed to update iface records: ${said(updated)}. iface(${initIface}) will be used`,
      );
    }
  }

  /** Deletes an interface, unless a session uses it. */
  async deleteIface(iface: string): Promise<void> {
    await this.#run('-m', 'iface', '-I', iface, '-o', 'delete');
  }

  /** Finds the target through a portal, and logs in. */
  async login(portal: string, target: Target, chap: Chap): Promise<void> {
    await this.#discover(portal, target.iface, chap);
    await this.#updateNode(portal, target, chap).catch((error: Error) => {
      throw new Error(`iscsi: failed to update iscsi node to portal ${portal} error: ${error.message}`);
    });
    const node = nodeWords(portal, target);
    const done = await this.#run(...node, '--login');
    if (done.code !== 0 && done.code !== sessionExists) {
      await this.#run(...node, '-o', 'delete');
      throw new Error(`iscsi: failed to attach disk: Error: ${said(done)}`);
    }
    // A node that boots does not wait for a target that may be gone.
    await this.#run('-m', 'node', '-p', portal, '-T', target.iqn, ...update(manualStart));
  }

  /** Logs out of a target through a portal, and forgets it; nothing to do without a session or a record. */
  async logout(portal: string, target: Target): Promise<void> {
    const node = nodeWords(portal, target);
    for (const [word, problem] of [
      [['--logout'], 'failed to detach disk Error'],
      [['-o', 'delete'], 'failed to delete node record Error'],
    ] as const) {
      const done = await this.#run(...node, ...word);
      if (done.code !== 0 && !notFound.includes(done.code))
        throw new Error(`iscsi: ${problem}: ${said(done)}`);
    }
  }

  async #discover(portal: string, iface: string, chap: Chap): Promise<void> {
    const discovery = ['-m', 'discoverydb', '-t', 'sendtargets', '-p', portal, '-I', iface];
    await this.#run(...discovery, '-o', 'new');
    for (const [index, setting] of discoverySettings(chap).entries()) {
      const { code, output } = await this.#run(...discovery, ...update(setting));
      if (code === 0) continue;
      const what =
        index === 0 ? 'discoverydb with CHAP, output:' : `discoverydb key "${setting.name}" error:`;
      throw new Error(
        `iscsi: failed to update discoverydb to portal ${portal} error: iscsi: failed to update ${what} ${output.trim()}`,
      );
    }
    const found = await this.#run(...discovery, '--discover');
    if (found.code === 0) return;
    await this.#run(...discovery, '-o', 'delete');
    const { code, output } = found;
    throw new Error(
      `iscsi: failed to sendtargets to portal ${portal} output: ${output.trim()}, err exit status ${code}`,
    );
  }

  async #updateNode(portal: string, target: Target, chap: Chap): Promise<void> {
    const node = nodeWords(portal, target);
    // Otherwise the kernel shows all LUNs of the target. Old versions do not have the setting.
    await this.#run(...node, ...update(manualScan));
    for (const [index, setting] of sessionSettings(chap).entries()) {
      const { code, output } = await this.#run(...node, ...update(setting));
      if (code === 0) continue;
      const what = index === 0 ? 'node with CHAP, output:' : `node session key "${setting.name}" error:`;
      throw new Error(`iscsi: failed to update ${what} ${output.trim()}`);
    }
  }

  #run(...words: string[]): Promise<ProgramResult> {
    return this.#runProgram('iscsiadm', words);
  }
}

const manualStart: Setting = { name: 'node.startup', value: 'manual' };
const manualScan: Setting = { name: 'node.session.scan', value: 'manual' };

function update({ name, value }: Setting): string[] {
  return ['-o', 'update', '-n', name, '-v', value];
}

function nodeWords(portal: string, { iqn, iface }: Target): string[] {
  return ['-m', 'node', '-p', portal, '-T', iqn, '-I', iface];
}

function said({ code, output }: ProgramResult): string {
  return `${output.trim()} (exit status ${code})`;
}
