// A fresh machine on which documented commands run as their readers would type them, with the files, the images and
// the registry that the documents speak of.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { writeDemoImage } from '@berth/berth/images/demo-image.ts';
import { Terminal } from '@berth/crictl/testing/terminal.ts';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { type FreshMachine, startFreshMachine } from '@berth/test-support/fresh-machine.ts';
import { htpasswd, pushImage } from '@berth/test-support/image-registry.ts';
import { busyboxLayer } from '@berth/test-support/images.ts';
import { startRegistry, writeRegistryConfig } from '@berth/test-support/registry.ts';
import { checkout, startDaemon } from '@berth/test-support/scratch.ts';
import { ctrlC, type How, hows, type Need } from './how.ts';
import { deployment, pod, serving } from './manifests.ts';

/** Where its user works. */
const home = '/run/home';
const publicImage = 'localhost/app:1';
const privateImage = 'private.example/team/app:1';
const kubeletHealth = 'curl -sf --unix-socket /var/lib/kubelet/kubelet.sock http://kubelet/healthz';

/** What a script begins with: what the shell of that user has. */
const prologue = `trap : INT
export PATH=${checkout}/bin:$PATH CHECKOUT=${checkout} IMAGE=${publicImage}
cd ${home}`;

/** Shell that provides what a line needs. */
const providing: Readonly<Record<Exclude<Need, 'nothing'>, string>> = {
  node: `${kubeletHealth} >/dev/null || {
  mkdir -p /etc/berth && cp -r settings/* /etc/berth && berth up && berth image load demo && berth image load image.tar
}`,
  hello: `crictl ps -q --label io.kubernetes.pod.name=hello-$(hostname) | grep -q . || berth up pod.yaml`,
  'no node': `test ! -e /run/berth/berth.sock || berth down --timeout 10`,
  containerd: `crictl -r unix:///run/containerd/containerd.sock version`,
};
const before: Readonly<Partial<Record<Need, Need>>> = { hello: 'node', containerd: 'no node' };

/** A machine for the commands of all documents. */
export class DocumentedMachine implements AsyncDisposable {
  readonly #machine: FreshMachine;
  readonly #owned = new AsyncDisposableStack();
  /** A folder that is the same inside and outside: /run is not. */
  readonly #dir: string;
  #scripts = 0;

  private constructor(machine: FreshMachine) {
    this.#owned.use(machine);
    this.#machine = machine;
    this.#dir = mkdtempSync('/tmp/berth-documents-');
    this.#owned.defer(() => rmSync(this.#dir, { recursive: true }));
  }

  /** Makes it; nothing of Berth runs there. */
  static async start(): Promise<DocumentedMachine> {
    const machine = new DocumentedMachine(await startFreshMachine());
    try {
      mkdirSync(machine.#at(home));
      await machine.#addImages();
      machine.#addFiles();
      machine.#addSettings(await machine.#startRegistry());
      await machine.#startDaemon(
        'containerd',
        ['--config', '/dev/null', '--log-level', 'warn'],
        providing.containerd,
      );
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a line of a document; throws what is wrong with it. */
  async run(line: string): Promise<void> {
    const how: How = hows[line] ?? {};
    await this.#provide(how.needs ?? 'node');
    if (how.before !== undefined) await this.#succeed(how.before);
    const command = how.as ?? line;
    const text = how.dialogue === undefined ? await this.#succeed(command) : await this.#talk(command, how);
    if (how.says !== undefined) assert.match(text, how.says, command);
    if (how.after !== undefined) await this.#succeed(how.after);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Also what a kubelet alone has left.
    await this.#bash('berth down --timeout 10');
    await this.#owned.disposeAsync();
  }

  async #provide(need: Need): Promise<void> {
    if (need === 'nothing') return;
    const first = before[need];
    if (first !== undefined) await this.#provide(first);
    await this.#succeed(providing[need]);
  }

  /** Runs it on a terminal, with the keys of its dialogue; resolves with what the screen shows, or `meanwhile` printed. */
  async #talk(command: string, { dialogue = [], meanwhile, interrupted = 130 }: How): Promise<string> {
    const script = this.#script(`${command}\nprintf '\\n[exit code %d]\\n' $?`);
    const enter = this.#machine.enter.join(' ');
    using terminal = new Terminal(
      this.#dir,
      { columns: 120, rows: 40 },
      `trap : INT; ${enter} bash ${script}`,
    );
    let said: string | undefined;
    let isInterrupted = false;
    for (const [index, [shows, ...keys]] of dialogue.entries()) {
      if (meanwhile !== undefined && index === dialogue.length - 1) said = await this.#succeed(meanwhile);
      await terminal.shows(shows);
      if (keys.length > 0) terminal.type(...keys);
      isInterrupted = keys.includes(ctrlC);
    }
    const screen = await terminal.shows(/^\[exit code \d+\]/m);
    const [, code] = /^\[exit code (\d+)\]/m.exec(screen) ?? [];
    assert.ok(code === '0' || (isInterrupted && code === String(interrupted)), `${command}: ${screen}`);
    return said ?? screen;
  }

  async #succeed(command: string): Promise<string> {
    const { text, code } = await this.#bash(command);
    assert.equal(code, 0, `${command}\nexit code ${code}\n${text.slice(-4000)}`);
    return text;
  }

  async #bash(command: string): Promise<{ text: string; code: number }> {
    const { out, err, code } = await this.#machine.run('bash', this.#script(command));
    return { text: out + err, code };
  }

  /** Writes a script; gives back its path on the machine. */
  #script(command: string): string {
    this.#scripts += 1;
    const path = `/run/script-${this.#scripts}`;
    writeFileSync(this.#at(path), `${prologue}\n${command}\n`);
    return path;
  }

  /** The path of the machine's file from outside. */
  #at(path: string): string {
    return join(this.#machine.root, path);
  }

  async #startDaemon(program: string, args: readonly string[], isReady: string): Promise<void> {
    const daemon = await startDaemon({
      name: program,
      argv: [...this.#machine.enter, program, ...args],
      dir: this.#dir,
      env: { OTEL_TRACES_EXPORTER: 'none' },
      ready: async () => (await this.#bash(isReady)).code === 0,
    });
    this.#owned.use(daemon);
  }

  /** The images of the documents, as directories and archives. */
  async #addImages(): Promise<void> {
    const at = (name: string) => this.#at(join(home, name));
    await writeDemoImage(at('demo'), readFileSync('/bin/busybox'));
    const page: TarEntry[] = [
      { type: 'directory', path: 'www' },
      { type: 'file', path: 'www/index.html', content: 'Hello from the image\n' },
    ];
    for (const [name, folder] of [
      [publicImage, 'image'],
      [privateImage, 'app'],
    ] as const) {
      await writeOciLayout({
        dir: at(folder),
        name,
        layers: [busyboxLayer(), page],
        config: { Cmd: ['sh', '-c', serving('$HOSTNAME', 80)], Env: ['PATH=/bin'] },
      });
      await this.#succeed(`tar -cf ${folder}.tar -C ${folder} .`);
    }
  }

  #addFiles(): void {
    const write = (name: string, text: string) => writeFileSync(this.#at(join(home, name)), text);
    write('pod.yaml', JSON.stringify(pod('hello', 8080)));
    write('x.yaml', JSON.stringify(pod('odd', 8080, { odd: 1 })));
    write('deployment.yaml', JSON.stringify(deployment('web', 8080, 2)));
    write('ca.crt', rootCertificates[0] ?? '');
  }

  /** What a node of these documents has in /etc/berth. */
  #addSettings(registry: string): void {
    const hosts = this.#at(join(home, 'settings/certs.d/private.example'));
    mkdirSync(hosts, { recursive: true });
    writeFileSync(join(hosts, 'hosts.toml'), `server = "http://${registry}"\n`);
    writeFileSync(this.#at(join(home, 'settings/config.yaml')), 'logLevel: info\n');
  }

  /** A registry that wants a user, with the private image; gives back its address. */
  async #startRegistry(): Promise<string> {
    // Filled from outside, where the test's own code can reach it.
    const filled = await startRegistry(this.#dir);
    const layout = this.#at(join(home, 'app'));
    await pushImage(filled.host, { layout, name: privateImage, repository: 'team/app', tag: '1' });
    await filled.stop('SIGKILL');
    const users = join(this.#dir, 'users');
    writeFileSync(users, htpasswd);
    const config = writeRegistryConfig(this.#dir, { host: filled.host, htpasswd: users });
    const isReady = `curl -s http://${filled.host}/v2/`;
    await this.#startDaemon('docker-registry', ['serve', config], isReady);
    return filled.host;
  }
}
