// Certificates for tests, made by OpenSSL.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';

/** An authority whose files are NAME.crt and NAME.key in `dir`. */
export class TestAuthority {
  readonly #dir: string;
  readonly #name: string;

  constructor(dir: string, name: string) {
    this.#dir = dir;
    this.#name = name;
    this.#openssl(`req -x509 ${newKey} -keyout ${name}.key -out ${name}.crt -days 2 -subj /CN=${name}`);
    writeFileSync(join(dir, 'names'), 'subjectAltName=IP:127.0.0.1\n');
  }

  /** Its certificate. */
  get cert(): string {
    return this.#read(`${this.#name}.crt`);
  }

  /** Makes NAME.crt and NAME.key in the folder for a subject such as `/O=system:masters/CN=jane`; -1 days have passed already. */
  sign(name: string, subject = `/CN=${name}`, days = 2): { cert: string; key: string } {
    const ca = this.#name;
    this.#openssl(`req ${newKey} -keyout ${name}.key -out ${name}.csr -subj ${subject}`);
    this.#openssl(
      `x509 -req -in ${name}.csr -CA ${ca}.crt -CAkey ${ca}.key -CAcreateserial -days ${days} -extfile names -out ${name}.crt`,
    );
    return { cert: this.#read(`${name}.crt`), key: this.#read(`${name}.key`) };
  }

  #read(file: string): string {
    return readFileSync(join(this.#dir, file), 'utf8');
  }

  #openssl(line: string): void {
    execFileSync('openssl', line.split(' '), { cwd: this.#dir, stdio: 'pipe' });
  }
}
