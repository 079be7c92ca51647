// Runs inside the virtual machine: test files, two at a time as it has two processors, a line for each, and all output
// of those that fail. Arguments: the cgroup driver of the tests' nodes, `--again` where a file that fails is to run once
// more when the others have ended, then the files, those that take long first.
// It is JavaScript because nothing runs it on the host, where the cache of scripts/node is filled.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Emulated processors are about this many times slower, and share the host with whatever else runs there. */
const timeoutScale = 20;
const fileTimeoutMs = 600_000;
const atOnce = 2;
/** V8 loses a page of compiled code, most often on processors that are emulated: https://github.com/nodejs/node/issues/64500 */
const engineFailure = /^# Fatal error in .*\n# Check failed: /m;

const [driver = 'cgroupfs', ...rest] = process.argv.slice(2);
const again = rest[0] === '--again';
const waiting = rest.slice(again ? 1 : 0).values();
let failed = [];
await Promise.all(Array.from({ length: atOnce }, () => work(waiting)));
if (again && failed.length > 0) {
  console.log(`Failed once with the ${driver} driver, and run again:\n${indented(failed)}`);
  const late = failed;
  failed = [];
  await work(late.values());
}
if (failed.length > 0) {
  console.log(`Failed with the ${driver} driver:\n${indented(failed)}`);
  process.exitCode = 1;
}

function indented(files) {
  return files.map((file) => `  ${file}`).join('\n');
}

async function work(files) {
  for (const file of files) {
    const started = performance.now();
    let { code, output } = await runFile(file);
    if (engineFailure.test(output)) {
      console.log(`${file}: the JavaScript engine failed, runs again:\n${output}`);
      ({ code, output } = await runFile(file));
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const count = (what) => new RegExp(`^ℹ ${what} (\\d+)`, 'm').exec(output)?.[1] ?? '?';
    const tests = `${count('pass')} passed, ${count('fail')} failed, ${count('skipped')} skipped`;
    console.log(`${code === 0 ? ' ok ' : 'FAIL'} ${driver.padEnd(8)} ${file}: ${tests} (${seconds} s)`);
    if (code === 0) continue;
    failed.push(file);
    console.log(output);
  }
}

/** Runs a file to its end; resolves with its exit code and all that it printed. */
async function runFile(file) {
  // A file run by itself saves a process over `node --test`.
  const child = spawn(process.execPath, ['--test-reporter=spec', `--test-timeout=${fileTimeoutMs}`, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      BERTH_TEST_CGROUP_DRIVER: driver,
      BERTH_TEST_PEERS: 'no',
      BERTH_TEST_TIMEOUT_SCALE: String(timeoutScale),
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
    });
  }
  const timer = setTimeout(() => {
    output += `\nkilled after ${fileTimeoutMs / 1000} s\n`;
    child.kill('SIGKILL');
  }, fileTimeoutMs);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  return { code, output };
}
